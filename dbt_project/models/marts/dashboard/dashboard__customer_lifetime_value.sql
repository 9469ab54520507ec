with

days as (
    select * from {{ ref('int_shop_days__spined') }}
),

customers as (
    select * from {{ ref('int_shop_customers__described') }}
),

activity as (
    select * from {{ ref('int_shop_customer_days__summed') }}
),

predictions as (
    select * from {{ ref('int_shop_customers__predicted') }}
),

bands (segment_name, first_day, day_after) as (
    values
    ('0-30d', 0, 31),
    ('31-60d', 31, 61),
    ('61-90d', 61, 91),
    ('91-180d', 91, 181),
    ('181-365d', 181, 366),
    ('1-2y', 366, 731),
    ('2y+', 731, null)
),

buyers as (
    select
        activity.shop_customer_id,
        min(activity.activity_date) as first_order_date,
        -- Who ordered as a guest before registering counts from the order.
        least(min(customers.registered_date), min(activity.activity_date)) as known_from
    from activity
    left join customers on activity.shop_customer_id = customers.shop_customer_id
    where activity.order_count > 0
    group by activity.shop_customer_id
),

tenures as (
    select
        buyers.shop_customer_id,
        bands.segment_name,
        greatest(buyers.known_from + bands.first_day, buyers.first_order_date) as valid_from,
        coalesce(buyers.known_from + bands.day_after, 'infinity') as valid_before
    from buyers
    inner join bands on buyers.first_order_date < coalesce(buyers.known_from + bands.day_after, 'infinity')
),

predicted as (
    select
        tenures.segment_name,
        predictions.predicted_clv,
        greatest(tenures.valid_from, predictions.valid_from) as valid_from,
        least(tenures.valid_before, coalesce(predictions.valid_before, 'infinity')) as valid_before
    from tenures
    inner join predictions
        on
            tenures.shop_customer_id = predictions.shop_customer_id
            and tenures.valid_from < coalesce(predictions.valid_before, 'infinity')
            and predictions.valid_from < tenures.valid_before
),

earned as (
    select
        tenures.segment_name,
        activity.net_revenue,
        -- What a customer brings into a band counts from the first day in it.
        greatest(tenures.valid_from, activity.activity_date) as valid_from,
        tenures.valid_before
    from tenures
    inner join activity
        on
            tenures.shop_customer_id = activity.shop_customer_id
            and activity.activity_date < tenures.valid_before
),

-- Sums change only on the days customers enter, leave or buy: no row for every customer and day.
changes as (
    select
        segment_name,
        valid_from as record_date,
        1 as customers,
        predicted_clv,
        0 as net_revenue
    from predicted
    union all
    select
        segment_name,
        valid_before,
        -1,
        -predicted_clv,
        0
    from predicted
    union all
    select
        segment_name,
        valid_from,
        0,
        0,
        net_revenue
    from earned
    union all
    select
        segment_name,
        valid_before,
        0,
        0,
        -net_revenue
    from earned
),

changes_per_day as (
    select
        segment_name,
        record_date,
        sum(customers) as customers,
        sum(predicted_clv) as predicted_clv,
        sum(net_revenue) as net_revenue
    from changes
    group by segment_name, record_date
),

daily as (
    select
        days.record_date,
        bands.segment_name,
        sum(changes_per_day.customers) over by_day as customers,
        sum(changes_per_day.predicted_clv) over by_day as predicted_clv,
        sum(changes_per_day.net_revenue) over by_day as net_revenue
    from days
    cross join bands
    left join changes_per_day
        on
            days.record_date = changes_per_day.record_date
            and bands.segment_name = changes_per_day.segment_name
    window by_day as (partition by bands.segment_name order by days.record_date)
),

final as (
    select
        {{ hash_key("record_date::text || '|' || segment_name") }} as id,
        record_date,
        segment_name,

        -- numbers
        round(predicted_clv / customers, 2)::double precision as predicted_clv,
        round(net_revenue / customers, 2)::double precision as current_clv,

        -- timestamps
        null::timestamptz as created_at
    from daily
    where customers > 0
)

select * from final
