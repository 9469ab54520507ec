with

days as (
    select * from {{ ref('int_shop_days__converted') }}
),

carts as (
    select
        closed_date as record_date,
        count(*) as abandoned_count,
        count(*) filter (where is_recovered) as recovered_count,
        count(*) filter (where is_recovered_with_ai) as recovered_with_ai_count
    from {{ ref('int_carts__abandoned') }}
    group by closed_date
),

visitors as (
    select * from {{ ref('int_visitors__funnelled') }}
),

first_orders as (
    select
        visitor_id,
        min(ordered_at) as ordered_at,
        min(order_date) as order_date
    from {{ ref('fct_orders') }}
    where not is_cancelled and visitor_id is not null
    group by visitor_id
),

times_to_convert as (
    select
        first_orders.order_date as record_date,
        avg(extract(epoch from first_orders.ordered_at - visitors.first_visit_at) / 3600) as avg_hours
    from first_orders
    inner join visitors on first_orders.visitor_id = visitors.visitor_id
    where first_orders.ordered_at >= visitors.first_visit_at
    group by first_orders.order_date
),

daily as (
    select
        days.record_date,
        days.conversion_rate,
        days.purchase_count,
        days.ai_purchase_count,
        100.0 * carts.recovered_count / nullif(carts.abandoned_count, 0) as cart_recovery_rate,
        100.0 * carts.recovered_with_ai_count / nullif(carts.recovered_count, 0) as cart_recovery_via_ai,
        times_to_convert.avg_hours
    from days
    left join carts on days.record_date = carts.record_date
    left join times_to_convert on days.record_date = times_to_convert.record_date
),

-- Every day has its row, so the row before is the day before.
compared as (
    select
        daily.*,
        lag(conversion_rate) over by_day as previous_conversion_rate,
        lag(avg_hours) over by_day as previous_avg_hours
    from daily
    window by_day as (order by record_date)
),

final as (
    select
        {{ hash_key('record_date::text') }} as id,
        record_date,

        -- numbers
        round(conversion_rate, 2)::double precision as overall_conversion_rate,
        round(conversion_rate - previous_conversion_rate, 2)::double precision as conversion_rate_change,
        ai_purchase_count::double precision as ai_driven_conversions,
        round(100.0 * ai_purchase_count / nullif(purchase_count, 0), 2)::double precision as ai_driven_percentage,
        round(cart_recovery_rate, 2)::double precision as cart_recovery_rate,
        round(cart_recovery_via_ai, 2)::double precision as cart_recovery_via_ai,
        round(avg_hours, 2)::double precision as avg_time_to_convert,
        {{ relative_change('avg_hours', 'previous_avg_hours') }} as avg_time_change,

        -- timestamps
        null::timestamptz as created_at,
        null::timestamptz as updated_at
    from compared
    -- A day without visitors has no rate, and so no row.
    where conversion_rate is not null
)

select * from final
