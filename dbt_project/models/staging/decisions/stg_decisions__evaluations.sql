with

records as (
    {{ current_records('decisions', 'evaluations', 'upsert', 'id') }}
),

final as (
    select
        records.id,
        records.decision_id,
        records.evaluator_id,
        records.option_id,
        records.criteria_id,
        records.score,
        records.confidence,
        records.anonymous_comment,
        records.created_at,
        records._loaded_at as loaded_at
    from records
    where
        {{ is_known_by('records.created_at') }}
        and records.decision_id in (select parents.id from {{ ref('stg_decisions__customer_decisions') }} as parents)
        and records.option_id in (select parents.id from {{ ref('stg_decisions__response_options') }} as parents)
        and records.criteria_id in (select parents.id from {{ ref('stg_decisions__decision_criteria') }} as parents)
)

select * from final
