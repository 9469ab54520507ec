with

orders as (
    select * from {{ ref('fct_orders') }}
    where not is_cancelled and ai_feature_name is not null
),

refunds as (
    select * from {{ ref('fct_refunds') }}
    where not is_order_cancelled and ai_feature_name is not null
),

amounts as (
    select
        order_date as record_date,
        ai_feature_name as feature_name,
        net_amount as amount
    from orders
    union all
    -- A refund counts on its own day, whenever the order was.
    select
        refund_date,
        ai_feature_name,
        -refund_amount
    from refunds
),

final as (
    select
        record_date,
        feature_name,
        sum(amount)::numeric(14, 2) as net_revenue
    from amounts
    group by record_date, feature_name
)

select * from final
