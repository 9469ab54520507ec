with

evaluations as (
    select * from {{ ref('fct_evaluations') }}
),

final as (
    select
        evaluation_id as id,
        decision_id,
        evaluator_member_id as evaluator_id,
        option_id,
        criterion_id as criteria_id,
        score,
        confidence,
        -- Beside its evaluator no comment is anonymous; core.fct_evaluation_comments has it without.
        null::text as anonymous_comment,
        created_at
    from evaluations
)

select * from final
