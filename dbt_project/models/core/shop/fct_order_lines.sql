with

lines as (
    select * from {{ ref('stg_shop__order_lines') }}
),

orders as (
    select * from {{ ref('stg_shop__orders') }}
),

customers as (
    select * from {{ ref('int_shop_customers__described') }}
),

final as (
    select
        -- ids
        lines.order_line_id,
        lines.order_id,
        lines.product_id,
        customers.customer_key,

        -- how it stands
        orders.status = 'cancelled' as is_cancelled,

        -- numbers
        lines.quantity,
        lines.unit_price::numeric(12, 2) as unit_price,
        (lines.quantity * lines.unit_price)::numeric(12, 2) as gross_amount,
        lines.discount_amount::numeric(12, 2) as discount_amount,
        (lines.quantity * lines.unit_price - lines.discount_amount)::numeric(12, 2) as net_amount,

        -- timestamps
        orders.ordered_at,
        {{ business_day('orders.ordered_at') }} as order_date
    from lines
    inner join orders on lines.order_id = orders.order_id
    left join customers on orders.customer_id = customers.shop_customer_id
)

select * from final
