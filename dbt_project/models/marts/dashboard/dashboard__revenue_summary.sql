with

days as (
    select * from {{ ref('int_shop_days__spined') }}
),

attributed as (
    select * from {{ ref('int_ai_revenue__summed') }}
),

orders as (
    select * from {{ ref('fct_orders') }}
    where not is_cancelled
),

billed as (
    select * from {{ ref('int_plan_months__billed') }}
),

months as (
    select distinct date_trunc('month', record_date)::date as record_date
    from days
),

revenue as (
    select
        date_trunc('month', record_date)::date as record_date,
        sum(net_revenue) as net_revenue
    from attributed
    group by 1
),

order_values as (
    select
        date_trunc('month', order_date)::date as record_date,
        avg(net_amount) as avg_order_value,
        avg(net_amount) filter (where ai_feature_name is not null) as avg_order_value_with_ai
    from orders
    group by 1
),

summed as (
    select
        months.record_date,
        coalesce(revenue.net_revenue, 0) as monthly_return,
        order_values.avg_order_value,
        order_values.avg_order_value_with_ai,
        billed.total_cost as monthly_investment
    from months
    left join revenue on months.record_date = revenue.record_date
    left join order_values on months.record_date = order_values.record_date
    left join billed on months.record_date = billed.month_start
),

final as (
    select
        {{ hash_key('record_date::text') }} as id,
        record_date,

        -- numbers
        monthly_return::double precision as total_revenue_impact,
        round(avg_order_value, 2)::double precision as avg_order_value,
        round(avg_order_value_with_ai, 2)::double precision as avg_order_value_with_ai,
        {{ relative_change('avg_order_value_with_ai', 'avg_order_value') }} as avg_order_value_improvement,
        monthly_investment::double precision as monthly_investment,
        monthly_return::double precision as monthly_return,
        round(100.0 * (monthly_return - monthly_investment) / nullif(monthly_investment, 0), 2)::double precision
            as roi_percentage,

        -- timestamps
        null::timestamptz as created_at,
        null::timestamptz as updated_at
    from summed
)

select * from final
