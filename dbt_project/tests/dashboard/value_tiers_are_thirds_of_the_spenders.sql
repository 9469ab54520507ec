-- The last day alone, counted customer by customer from the facts.
with

spenders as (
    select
        shop_customer_id,
        sum(net_amount - refund_amount) as net_revenue
    from {{ ref('fct_orders') }}
    where not is_cancelled
    group by shop_customer_id
    having sum(net_amount - refund_amount) > 0
),

thirds as (
    select
        net_revenue,
        -- Equal spend may fall in two thirds; which account is in which changes no number.
        row_number() over (order by net_revenue desc, shop_customer_id) as spend_rank,
        count(*) over () as spender_count
    from spenders
),

expected as (
    select
        case
            when spend_rank <= ceil(spender_count / 3.0) then 'High Value'
            when spend_rank <= ceil(spender_count * 2 / 3.0) then 'Medium Value'
            else 'Low Value'
        end as tier_name,
        count(*) as customer_count,
        sum(net_revenue) as net_revenue
    from thirds
    group by 1
),

published as (
    select *
    from {{ ref('dashboard__customer_value_analysis') }}
    where record_date = {{ as_of_date() }}
)

select
    published.tier_name,
    published.customer_count,
    published.total_revenue,
    expected.customer_count as expected_count,
    expected.net_revenue as expected_revenue
from published
full join expected on published.tier_name = expected.tier_name
where
    published.customer_count is distinct from coalesce(expected.customer_count, 0)
    or round(published.total_revenue::numeric, 2) is distinct from coalesce(expected.net_revenue, 0)
