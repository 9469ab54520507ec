with

records as (
    {{ current_records('decisions', 'response_options', 'upsert', 'id') }}
),

final as (
    select
        records.id,
        records.decision_id,
        records.title,
        records.description,
        records.financial_cost,
        records.implementation_effort,
        records.risk_level,
        records.ai_generated,
        records.created_by,
        records.created_at,
        records._loaded_at as loaded_at
    from records
    where
        {{ is_known_by('records.created_at') }}
        and records.decision_id in (select parents.id from {{ ref('stg_decisions__customer_decisions') }} as parents)
)

select * from final
