with

answers as (
    select * from {{ ref('stg_enrichment__decision_analyses') }}
),

decisions as (
    select * from {{ ref('fct_decisions') }}
    -- An answer from when a decision was open is no part of the day on which it is resolved: that day would
    -- look otherwise when the nights before it had not run.
    where status is distinct from 'resolved' and status is distinct from 'cancelled'
),

final as (
    select
        -- ids
        answers.decision_id,
        decisions.customer_key,
        -- what was said
        answers.status,
        answers.category as llm_category,
        answers.options as llm_options,
        answers.confidence as llm_confidence_score,
        answers.contributions as llm_contributions,
        answers.reason as llm_reason,
        -- who said it
        answers.source,
        answers.model,
        answers.prompt_version,
        answers.as_of_date
    from answers
    inner join decisions on answers.decision_id = decisions.decision_id
)

select * from final
