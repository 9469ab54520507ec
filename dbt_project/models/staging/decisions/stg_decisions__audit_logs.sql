with

records as (
    {{ current_records('decisions', 'audit_logs', 'upsert', 'id') }}
),

final as (
    select
        records.id,
        records.decision_id,
        records.user_id,
        records.action,
        records.details,
        records.ip_address,
        records.user_agent,
        records.created_at,
        records._loaded_at as loaded_at
    from records
    where
        {{ is_known_by('records.created_at') }}
        and (
            records.decision_id is null
            or records.decision_id in (select parents.id from {{ ref('stg_decisions__customer_decisions') }} as parents)
        )
)

select * from final
