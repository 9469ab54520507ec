with

priorities as (
    select * from {{ ref('stg_enrichment__customer_priorities') }}
),

customers as (
    select * from {{ ref('dim_customer') }}
),

final as (
    select
        priorities.customer_key,
        priorities.priority,
        priorities.priority_score,
        priorities.churn_risk_score,
        array_to_string(priorities.trigger_factors, ', ') as trigger_factors,
        priorities.contributions,
        priorities.reason,
        priorities.status,
        priorities.source,
        priorities.model,
        priorities.prompt_version,
        priorities.as_of_date
    from priorities
    -- When records turn out to be one person, answers about the keys given up stay behind.
    inner join customers on priorities.customer_key = customers.customer_key
)

select * from final
