with

records as (
    {{ current_records('decisions', 'decision_criteria', 'upsert', 'id') }}
),

final as (
    select
        records.id,
        records.decision_id,
        records.name,
        records.description,
        records.weight,
        records.created_by,
        records.created_at,
        records._loaded_at as loaded_at
    from records
    where
        {{ is_known_by('records.created_at') }}
        and records.decision_id in (select parents.id from {{ ref('stg_decisions__customer_decisions') }} as parents)
)

select * from final
