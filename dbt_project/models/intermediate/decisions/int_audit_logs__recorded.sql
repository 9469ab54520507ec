with

entries as (
    select * from {{ ref('stg_decisions__audit_logs') }}
),

final as (
    select
        id,
        decision_id,
        user_id,
        action,
        details,
        ip_address,
        user_agent,
        coalesce(created_at, loaded_at) as created_at
    from entries
)

select * from final
