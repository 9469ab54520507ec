with

orders as (
    select * from {{ ref('fct_orders') }}
    where not is_cancelled
),

refunds as (
    select * from {{ ref('fct_refunds') }}
    where not is_order_cancelled
),

amounts as (
    select
        shop_customer_id,
        order_date as activity_date,
        1 as order_count,
        net_amount as order_amount,
        0 as refund_amount
    from orders
    union all
    -- A refund counts on its own day, whenever the order was.
    select
        orders.shop_customer_id,
        refunds.refund_date,
        0,
        0,
        refunds.refund_amount
    from refunds
    inner join orders on refunds.order_id = orders.order_id
),

final as (
    select
        shop_customer_id,
        activity_date,
        sum(order_count) as order_count,
        sum(order_amount) as order_amount,
        sum(refund_amount) as refund_amount,
        sum(order_amount) - sum(refund_amount) as net_revenue
    from amounts
    group by shop_customer_id, activity_date
)

select * from final
