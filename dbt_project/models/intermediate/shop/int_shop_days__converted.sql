with

sessions as (
    select * from {{ ref('fct_web_sessions') }}
),

orders as (
    select * from {{ ref('fct_orders') }}
    where not is_cancelled
),

visits as (
    select
        session_date as record_date,
        visitor_id,
        false as is_purchase
    from sessions
    union all
    -- A visit that goes on past midnight is a visit of the day of its order, too: no rate above 100.
    select
        order_date,
        visitor_id,
        true
    from orders
    where visitor_id is not null
),

visitors as (
    select
        record_date,
        count(distinct visitor_id) as visitor_count,
        count(distinct visitor_id) filter (where is_purchase) as purchaser_count
    from visits
    group by record_date
),

purchases as (
    select
        order_date as record_date,
        count(*) as purchase_count,
        count(ai_feature_name) as ai_purchase_count
    from orders
    group by order_date
),

days as (
    select * from {{ ref('int_shop_days__spined') }}
),

final as (
    select
        days.record_date,
        coalesce(visitors.visitor_count, 0) as visitor_count,
        coalesce(visitors.purchaser_count, 0) as purchaser_count,
        100.0 * visitors.purchaser_count / nullif(visitors.visitor_count, 0) as conversion_rate,
        coalesce(purchases.purchase_count, 0) as purchase_count,
        coalesce(purchases.ai_purchase_count, 0) as ai_purchase_count
    from days
    left join visitors on days.record_date = visitors.record_date
    left join purchases on days.record_date = purchases.record_date
)

select * from final
