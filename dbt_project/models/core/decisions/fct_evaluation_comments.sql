with

evaluations as (
    select * from {{ ref('stg_decisions__evaluations') }}
),

-- With one evaluator, the comment's author would be known.
options_of_several as (
    select option_id
    from evaluations
    group by option_id
    having count(distinct evaluator_id) > 1
),

comments as (
    select
        evaluations.decision_id,
        evaluations.option_id,
        evaluations.anonymous_comment as comment
    from evaluations
    inner join options_of_several on evaluations.option_id = options_of_several.option_id
    where nullif(trim(evaluations.anonymous_comment), '') is not null
),

numbered as (
    select
        comments.*,
        -- Needs no tie-breaker: only comments that are equal in every column are counted here.
        row_number() over (partition by decision_id, option_id, comment) as copy
    from comments
),

final as (
    select
        -- Made of what is shown here alone: a hash of the evaluation's id would lead back to its evaluator.
        {{ hash_key("decision_id::text || '|' || option_id::text || '|' || copy::text || '|' || comment") }} as comment_key,
        decision_id,
        option_id,
        comment
    from numbered
    -- Stored by key, since the order of the source follows the evaluators.
    order by comment_key
)

select * from final
