with

orders as (
    -- A cancelled order is none.
    select *, {{ business_day('ordered_at') }} as order_date
    from {{ ref('stg_shop__orders') }}
    where status <> 'cancelled'
),

order_lines as (
    select * from {{ ref('stg_shop__order_lines') }}
),

products as (
    select
        product_id,
        -- Whole words only: decor and economy are not eco.
        category ~* '\m(eco|green)\M' as is_eco
    from {{ ref('stg_shop__products') }}
),

refunds as (
    select *, {{ business_day('refunded_at') }} as refund_date
    from {{ ref('stg_shop__refunds') }}
),

shop_customers as (
    select * from {{ ref('int_customers__identified') }}
    where system = 'shop'
),

order_amounts as (
    select
        orders.customer_id,
        orders.order_date,
        products.is_eco,
        order_lines.quantity * order_lines.unit_price as gross_amount,
        coalesce(order_lines.discount_amount, 0) as discount_amount,
        order_lines.quantity * order_lines.unit_price - coalesce(order_lines.discount_amount, 0) as net_amount
    from orders
    inner join order_lines on orders.order_id = order_lines.order_id
    left join products on order_lines.product_id = products.product_id
),

lines_summed as (
    select
        customer_id,
        sum(net_amount) as total_amount,
        sum(gross_amount) filter (where {{ is_within('order_date', 365) }}) as gross_amount,
        sum(discount_amount) filter (where {{ is_within('order_date', 365) }}) as discount_amount,
        sum(net_amount) filter (where {{ is_within('order_date', 365) }}) as net_amount,
        coalesce(sum(net_amount) filter (where is_eco and {{ is_within('order_date', 365) }}), 0) as eco_amount
    from order_amounts
    group by customer_id
),

orders_counted as (
    select
        customer_id,
        max(order_date) as last_order_date,
        count(*) filter (where {{ is_within('order_date', 365) }}) as orders_365d
    from orders
    group by customer_id
),

-- A refund counts on its own day, whenever the order was.
refunds_summed as (
    select
        orders.customer_id,
        count(*) filter (where {{ is_within('refunds.refund_date', 180) }}) as refunds_180d,
        sum(refunds.refund_amount) as total_refund_amount,
        coalesce(
            sum(refunds.refund_amount) filter (where {{ is_within('refunds.refund_date', 365) }}), 0
        ) as refund_amount
    from refunds
    inner join order_lines on refunds.order_line_id = order_lines.order_line_id
    inner join orders on order_lines.order_id = orders.order_id
    group by orders.customer_id
),

final as (
    select
        shop_customers.customer_key,
        coalesce(sum(orders_counted.orders_365d), 0)::integer as orders_365d,
        coalesce(sum(refunds_summed.refunds_180d), 0)::integer as refunds_180d,
        round(
            coalesce(sum(lines_summed.net_amount), 0) - coalesce(sum(refunds_summed.refund_amount), 0)
        ) as net_revenue_365d,
        round(
            coalesce(sum(lines_summed.total_amount), 0) - coalesce(sum(refunds_summed.total_refund_amount), 0), 2
        ) as net_revenue,
        {{ coarse_share('sum(lines_summed.discount_amount)', 'sum(lines_summed.gross_amount)') }} as discount_share,
        {{ coarse_share('sum(lines_summed.eco_amount)', 'sum(lines_summed.net_amount)') }} as eco_spend_share,
        max(orders_counted.last_order_date) as last_order_date
    from shop_customers
    left join orders_counted on shop_customers.source_customer_id = orders_counted.customer_id
    left join lines_summed on shop_customers.source_customer_id = lines_summed.customer_id
    left join refunds_summed on shop_customers.source_customer_id = refunds_summed.customer_id
    group by shop_customers.customer_key
)

select * from final
