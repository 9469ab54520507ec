{%- set active_days = 180 %}
with

first_day as (
    select min(record_date) as record_date from {{ ref('int_shop_days__spined') }}
),

-- Who registered before the first day is known from it on, as in the overview.
customers as (
    select
        customers.shop_customer_id,
        greatest(customers.registered_date, first_day.record_date) as known_from
    from {{ ref('int_shop_customers__described') }} as customers
    cross join first_day
    where first_day.record_date is not null
),

orders as (
    select * from {{ ref('fct_orders') }}
    where not is_cancelled
),

refunds as (
    select * from {{ ref('fct_refunds') }}
    where not is_order_cancelled
),

-- A customer is another one only on these days: no row for every day in between.
events as (
    select
        shop_customer_id,
        known_from as event_date,
        0 as order_count,
        0 as order_amount,
        0 as refund_amount,
        null::date as order_date
    from customers
    union all
    select
        shop_customer_id,
        order_date,
        1,
        net_amount,
        0,
        order_date
    from orders
    union all
    select
        shop_customer_id,
        order_date + {{ active_days + 1 }},
        0,
        0,
        0,
        null
    from orders
    union all
    select
        orders.shop_customer_id,
        refunds.refund_date,
        0,
        0,
        refunds.refund_amount,
        null
    from refunds
    inner join orders on refunds.order_id = orders.order_id
),

changes as (
    select
        customers.shop_customer_id,
        -- What happened before the account was known counts from when it is.
        greatest(events.event_date, customers.known_from) as valid_from,
        sum(events.order_count) as order_count,
        sum(events.order_amount) as order_amount,
        sum(events.refund_amount) as refund_amount,
        max(events.order_date) as order_date
    from events
    inner join customers on events.shop_customer_id = customers.shop_customer_id
    where events.event_date <= {{ as_of_date() }}
    group by 1, 2
),

states as (
    select
        shop_customer_id,
        valid_from,
        lead(valid_from) over by_day as valid_before,
        sum(order_count) over by_day as order_count,
        sum(order_amount) over by_day as order_amount,
        sum(order_amount - refund_amount) over by_day as net_revenue,
        max(order_date) over by_day as last_order_date
    from changes
    window by_day as (partition by shop_customer_id order by valid_from)
),

final as (
    select
        -- ids
        shop_customer_id,

        -- numbers
        order_count::bigint as order_count,
        order_amount::numeric(14, 2) as order_amount,
        net_revenue::numeric(14, 2) as net_revenue,

        -- where it belongs
        case
            when order_count = 0 then 'New Visitors'
            when last_order_date < valid_from - {{ active_days }} then 'Occasional Users'
            when order_count >= 3 then 'Loyalists'
            when order_count = 2 then 'Returning Customers'
            else 'Occasional Users'
        end as segment_name,

        -- dates
        last_order_date,
        valid_from,
        valid_before
    from states
)

select * from final
