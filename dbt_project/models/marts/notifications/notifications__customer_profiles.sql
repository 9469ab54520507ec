with

customers as (
    select * from {{ ref('dim_notification_customer') }}
),

segments as (
    select * from {{ ref('fct_customer_segments') }}
),

final as (
    select
        customers.customer_id,
        customers.customer_name as name,
        customers.age,
        customers.location,
        customers.preferred_channel,
        customers.source_segment as segment,
        case when customers.is_opted_in then 'Yes' when not customers.is_opted_in then 'No' end as opted_in,
        customers.income_bracket,
        customers.customer_since_date as customer_since,
        customers.satisfaction_native as satisfaction_score,
        segments.segment as customer_segment
    from customers
    left join segments on customers.customer_key = segments.customer_key
)

select * from final
