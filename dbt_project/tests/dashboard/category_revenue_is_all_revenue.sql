with

categories as (
    select
        round(coalesce(sum(revenue_amount), 0)::numeric, 2) as amount,
        round(coalesce(sum(ai_attributed_revenue), 0)::numeric, 2) as ai_amount
    from {{ ref('dashboard__category_revenue') }}
),

months as (
    select round(coalesce(sum(total_revenue), 0)::numeric, 2) as amount from {{ ref('dashboard__category_performance') }}
),

products as (
    select round(coalesce(sum(revenue), 0)::numeric, 2) as amount from {{ ref('dashboard__product_analytics') }}
),

-- By order: what it brought less what went back.
orders as (
    select coalesce(sum(net_amount - refund_amount), 0) as amount
    from {{ ref('fct_orders') }}
    where not is_cancelled
),

overview as (
    select round(coalesce(sum(revenue_impact), 0)::numeric, 2) as ai_amount
    from {{ ref('dashboard__overview_kpis') }}
)

select
    orders.amount,
    categories.amount as in_category_revenue,
    months.amount as in_category_performance,
    products.amount as in_product_analytics,
    overview.ai_amount,
    categories.ai_amount as ai_in_category_revenue
from orders
cross join categories
cross join months
cross join products
cross join overview
where
    orders.amount <> categories.amount
    or orders.amount <> months.amount
    or orders.amount <> products.amount
    or overview.ai_amount <> categories.ai_amount
