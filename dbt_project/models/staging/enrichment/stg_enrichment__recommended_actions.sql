with

answers as (
    select * from {{ source('enrichment', 'recommended_actions') }}
    where as_of_date <= {{ as_of_date() }}
),

final as (
    select distinct on (answers.customer_key)
        answers.result_id,
        answers.customer_key,
        answers.as_of_date,
        answers.source,
        answers.model,
        answers.prompt_version,
        answers.status,
        answers.scenario,
        answers.recommended_action,
        answers.urgency_level,
        answers.follow_up_required,
        answers.assigned_team,
        answers.reason
    from answers
    -- A question that failed leaves the last answer standing. The result_id breaks ties between answers of one day,
    -- else a rerun would leave the answer kept to chance.
    order by
        answers.customer_key,
        (answers.status in ('ok', 'abstained')) desc,
        answers.as_of_date desc,
        answers.result_id desc
)

select * from final
