with

answers as (
    select * from {{ source('enrichment', 'decision_analyses') }}
    where as_of_date <= {{ as_of_date() }}
),

final as (
    select distinct on (answers.decision_id)
        answers.result_id,
        answers.decision_id,
        answers.as_of_date,
        answers.source,
        answers.model,
        answers.prompt_version,
        answers.status,
        answers.category,
        answers.options,
        answers.confidence,
        answers.contributions,
        answers.reason
    from answers
    -- A question that failed leaves the last answer standing. The result_id breaks ties between answers of one day,
    -- else a rerun would leave the answer kept to chance.
    order by
        answers.decision_id asc,
        (answers.status in ('ok', 'abstained')) desc,
        answers.as_of_date desc,
        answers.result_id desc
)

select * from final
