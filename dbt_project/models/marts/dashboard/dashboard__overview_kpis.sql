with

days as (
    select * from {{ ref('int_shop_days__spined') }}
),

customers as (
    select * from {{ ref('int_shop_customers__described') }}
),

conversions as (
    select * from {{ ref('int_shop_days__converted') }}
),

interactions as (
    select * from {{ ref('fct_ai_interactions') }}
),

-- Who registered before the first day counts from it on.
registrations as (
    select
        greatest(customers.registered_date, first_day.record_date) as record_date,
        count(*) as new_customers
    from customers
    cross join (select min(days.record_date) as record_date from days) as first_day
    group by 1
),

interactions_per_day as (
    select
        interaction_date as record_date,
        count(*) as ai_interactions
    from interactions
    group by interaction_date
),

revenue as (
    select
        record_date,
        sum(net_revenue) as revenue_impact
    from {{ ref('int_ai_revenue__summed') }}
    group by record_date
),

daily as (
    select
        days.record_date,
        sum(coalesce(registrations.new_customers, 0)) over (order by days.record_date) as total_customers,
        conversions.conversion_rate,
        coalesce(interactions_per_day.ai_interactions, 0) as ai_interactions,
        coalesce(revenue.revenue_impact, 0) as revenue_impact
    from days
    left join registrations on days.record_date = registrations.record_date
    left join conversions on days.record_date = conversions.record_date
    left join interactions_per_day on days.record_date = interactions_per_day.record_date
    left join revenue on days.record_date = revenue.record_date
),

-- Every day has its row, so the row before is the day before.
compared as (
    select
        daily.*,
        lag(total_customers) over by_day as previous_total_customers,
        lag(conversion_rate) over by_day as previous_conversion_rate,
        lag(ai_interactions) over by_day as previous_ai_interactions,
        lag(revenue_impact) over by_day as previous_revenue_impact
    from daily
    window by_day as (order by record_date)
),

final as (
    select
        {{ hash_key('record_date::' ~ text_type()) }} as id,
        record_date,

        -- numbers
        total_customers::bigint as total_customers,
        {{ relative_change('total_customers', 'previous_total_customers') }} as total_customers_change,
        round(conversion_rate, 2)::{{ double_type() }} as conversion_rate,
        round(conversion_rate - previous_conversion_rate, 2)::{{ double_type() }} as conversion_rate_change,
        ai_interactions::bigint as ai_interactions,
        {{ relative_change('ai_interactions', 'previous_ai_interactions') }} as ai_interactions_change,
        revenue_impact::{{ double_type() }} as revenue_impact,
        {{ relative_change('revenue_impact', 'previous_revenue_impact') }} as revenue_impact_change,

        -- timestamps
        null::{{ instant_type() }} as created_at,
        null::{{ instant_type() }} as updated_at
    from compared
)

select * from final
