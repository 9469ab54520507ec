with

days as (
    select
        date_trunc('month', record_date)::date as record_date,
        sum(round(revenue_impact::numeric, 2)) as amount
    from {{ ref('dashboard__overview_kpis') }}
    group by 1
),

months as (
    select
        record_date,
        round(total_revenue_impact::numeric, 2) as amount
    from {{ ref('dashboard__revenue_summary') }}
)

select
    coalesce(days.record_date, months.record_date) as record_date,
    days.amount as amount_of_the_days,
    months.amount as amount_of_the_month
from days
full join months on days.record_date = months.record_date
where days.amount is distinct from months.amount
