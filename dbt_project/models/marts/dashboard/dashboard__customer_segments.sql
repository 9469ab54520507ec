with

days as (
    select * from {{ ref('int_shop_days__spined') }}
),

customers as (
    select * from {{ ref('int_shop_customers__valued') }}
),

segments as (
    select *
    from (
        values ('New Visitors'), ('Returning Customers'), ('Occasional Users'), ('Loyalists')
    ) as segments (segment_name)
),

-- Who enters a segment brings what there is to count, and takes it along on leaving.
moves as (
    select
        valid_from as record_date,
        segment_name,
        1 as customers,
        order_count,
        order_amount,
        net_revenue
    from customers
    union all
    select
        valid_before,
        segment_name,
        -1,
        -order_count,
        -order_amount,
        -net_revenue
    from customers
    where valid_before is not null
),

moves_per_day as (
    select
        record_date,
        segment_name,
        sum(customers) as customers,
        sum(order_count) as order_count,
        sum(order_amount) as order_amount,
        sum(net_revenue) as net_revenue
    from moves
    group by record_date, segment_name
),

filled as (
    select
        days.record_date,
        segments.segment_name,
        coalesce(sum(moves_per_day.customers) over by_day, 0) as segment_size,
        coalesce(sum(moves_per_day.order_count) over by_day, 0) as order_count,
        coalesce(sum(moves_per_day.order_amount) over by_day, 0) as order_amount,
        coalesce(sum(moves_per_day.net_revenue) over by_day, 0) as net_revenue
    from days
    cross join segments
    left join moves_per_day
        on days.record_date = moves_per_day.record_date and segments.segment_name = moves_per_day.segment_name
    window by_day as (partition by segments.segment_name order by days.record_date)
),

shared as (
    {{ with_percentages('filled', 'segment_size', 'record_date', 'segment_name') }}
),

final as (
    select
        {{ hash_key("record_date::text || '|' || segment_name") }} as id,
        record_date,
        segment_name,

        -- numbers
        segment_size::bigint as segment_size,
        percentage::double precision as percentage,
        round(net_revenue / nullif(segment_size, 0), 2)::double precision as avg_lifetime_value,
        round(order_amount / nullif(order_count, 0), 2)::double precision as avg_order_value,

        -- timestamps
        null::timestamptz as created_at
    from shared
)

select * from final
