with

refunds as (
    select * from {{ ref('stg_shop__refunds') }}
),

lines as (
    select * from {{ ref('fct_order_lines') }}
),

attributions as (
    select * from {{ ref('int_orders__attributed') }}
),

final as (
    select
        -- ids
        refunds.refund_id,
        refunds.order_line_id,
        lines.order_id,
        lines.product_id,
        lines.customer_key,

        -- what it was
        refunds.refund_reason,
        attributions.feature_name as ai_feature_name,
        lines.is_cancelled as is_order_cancelled,

        -- numbers
        refunds.refund_amount::numeric(12, 2) as refund_amount,

        -- timestamps
        refunds.refunded_at,
        {{ business_day('refunds.refunded_at') }} as refund_date
    from refunds
    inner join lines on refunds.order_line_id = lines.order_line_id
    left join attributions on lines.order_id = attributions.order_id
)

select * from final
