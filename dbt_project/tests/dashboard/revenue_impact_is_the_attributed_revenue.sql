with

published as (
    select
        record_date,
        round(revenue_impact::numeric, 2) as amount
    from {{ ref('dashboard__overview_kpis') }}
),

-- By order: what it brought less what went back, wherever the days fall.
attributed as (
    select coalesce(sum(net_amount - refund_amount), 0) as amount
    from {{ ref('fct_orders') }}
    where ai_feature_name is not null and not is_cancelled
)

select
    attributed.amount as attributed_amount,
    sum(published.amount) as published_amount
from attributed
cross join published
group by attributed.amount
having attributed.amount <> sum(published.amount)
