with

decisions as (
    select * from {{ ref('stg_decisions__customer_decisions') }}
),

decision_customers as (
    select * from {{ ref('int_customers__identified') }}
    where system = 'decisions'
),

final as (
    select
        decision_customers.customer_key,
        (
            count(*) filter (where decisions.status is distinct from 'resolved' and decisions.status is distinct from 'cancelled')
        )::integer as open_decisions,
        (
            count(*) filter (
                where
                decisions.decision_type = 'churn_prevention'
                and decisions.status is distinct from 'resolved'
                and decisions.status is distinct from 'cancelled'
            )
        )::integer as open_churn_decisions,
        max({{ business_day('decisions.created_at') }}) as last_decision_date
    from decisions
    inner join decision_customers
        on {{ decision_customer_id('decisions') }} = decision_customers.source_customer_id
    group by decision_customers.customer_key
)

select * from final
