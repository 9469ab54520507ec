with

lines as (
    select coalesce(sum(quantity * unit_price - discount_amount), 0) as amount from {{ ref('stg_shop__order_lines') }}
),

refunds as (
    select coalesce(sum(refund_amount), 0) as amount from {{ ref('stg_shop__refunds') }}
),

orders as (
    select
        coalesce(sum(net_amount), 0) as net_amount,
        coalesce(sum(refund_amount), 0) as refund_amount
    from {{ ref('fct_orders') }}
)

select
    lines.amount as line_amount,
    orders.net_amount,
    refunds.amount as refunded_amount,
    orders.refund_amount
from orders
cross join lines
cross join refunds
where orders.net_amount <> lines.amount or orders.refund_amount <> refunds.amount
