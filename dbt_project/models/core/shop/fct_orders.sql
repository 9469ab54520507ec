with

orders as (
    select * from {{ ref('stg_shop__orders') }}
),

sessions as (
    select * from {{ ref('fct_web_sessions') }}
),

customers as (
    select * from {{ ref('int_shop_customers__described') }}
),

attributions as (
    select * from {{ ref('int_orders__attributed') }}
),

amounts as (
    select
        order_id,
        count(*) as line_count,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(net_amount) as net_amount
    from {{ ref('fct_order_lines') }}
    group by order_id
),

refunds as (
    select
        order_id,
        sum(refund_amount) as refund_amount
    from {{ ref('fct_refunds') }}
    group by order_id
),

final as (
    select
        -- ids
        orders.order_id,
        -- NULL also where the visit is not known yet, else the key would point nowhere.
        sessions.session_id,
        sessions.visitor_id,
        orders.customer_id as shop_customer_id,
        customers.customer_key,
        attributions.touch_id as ai_touch_id,

        -- how it stands
        orders.status as order_status,
        orders.status = 'cancelled' as is_cancelled,
        attributions.feature_name as ai_feature_name,

        -- numbers
        coalesce(amounts.line_count, 0) as line_count,
        coalesce(amounts.gross_amount, 0)::numeric(12, 2) as gross_amount,
        coalesce(amounts.discount_amount, 0)::numeric(12, 2) as discount_amount,
        coalesce(amounts.net_amount, 0)::numeric(12, 2) as net_amount,
        coalesce(refunds.refund_amount, 0)::numeric(12, 2) as refund_amount,

        -- timestamps
        orders.ordered_at,
        {{ business_day('orders.ordered_at') }} as order_date
    from orders
    left join sessions on orders.session_id = sessions.session_id
    left join customers on orders.customer_id = customers.shop_customer_id
    left join attributions on orders.order_id = attributions.order_id
    left join amounts on orders.order_id = amounts.order_id
    left join refunds on orders.order_id = refunds.order_id
)

select * from final
