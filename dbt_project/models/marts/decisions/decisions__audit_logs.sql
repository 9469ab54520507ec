with

entries as (
    select * from {{ ref('int_audit_logs__recorded') }}
),

final as (
    select
        id,
        decision_id,
        user_id,
        action::varchar(100) as action,
        details,
        ip_address,
        user_agent,
        created_at
    from entries
)

select * from final
