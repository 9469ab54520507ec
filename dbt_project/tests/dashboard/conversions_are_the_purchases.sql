with

orders as (
    select
        order_date as record_date,
        count(*) as purchases,
        count(ai_feature_name) as ai_purchases
    from {{ ref('fct_orders') }}
    where not is_cancelled
    group by order_date
),

analytics as (
    select * from {{ ref('dashboard__conversion_analytics') }}
),

overview as (
    select * from {{ ref('dashboard__overview_kpis') }}
)

select
    trends.*,
    orders.purchases,
    orders.ai_purchases,
    analytics.ai_driven_conversions,
    analytics.overall_conversion_rate,
    overview.conversion_rate
from {{ ref('dashboard__conversion_trends') }} as trends
full join orders on trends.record_date = orders.record_date
left join analytics on trends.record_date = analytics.record_date
left join overview on trends.record_date = overview.record_date
where
    coalesce(orders.purchases, 0) is distinct from trends.conversions
    or coalesce(orders.ai_purchases, 0) is distinct from trends.ai_attributed_conversions
    or overview.conversion_rate is distinct from analytics.overall_conversion_rate
    or analytics.ai_driven_conversions <> trends.ai_attributed_conversions
