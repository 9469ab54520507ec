with

evaluations as (
    select * from {{ ref('stg_decisions__evaluations') }}
),

final as (
    select
        -- ids
        id as evaluation_id,
        decision_id,
        evaluator_id as evaluator_member_id,
        option_id,
        criteria_id as criterion_id,

        -- numbers
        score,
        confidence,

        -- timestamps
        coalesce(created_at, loaded_at) as created_at
    from evaluations
)

select * from final
