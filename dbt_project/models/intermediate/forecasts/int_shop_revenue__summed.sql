with

days as (
    select * from {{ ref('int_shop_days__spined') }}
),

revenue as (
    select
        activity_date,
        sum(net_revenue) as net_revenue
    from {{ ref('int_shop_customer_days__summed') }}
    group by activity_date
),

final as (
    select
        days.record_date,
        coalesce(revenue.net_revenue, 0) as net_revenue
    from days
    left join revenue on days.record_date = revenue.activity_date
)

select * from final
