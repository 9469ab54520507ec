with

touches as (
    select * from {{ ref('int_ai_touches__located') }}
),

customers as (
    select * from {{ ref('int_shop_customers__described') }}
),

final as (
    select
        -- ids
        touches.touch_id,
        touches.interaction_id,
        touches.session_id,
        touches.product_id,
        touches.visitor_id,
        touches.shop_customer_id,
        customers.customer_key,

        -- what it was
        touches.feature_name,
        touches.is_clicked,

        -- timestamps
        touches.touched_at,
        {{ business_day('touches.touched_at') }} as touch_date
    from touches
    left join customers on touches.shop_customer_id = customers.shop_customer_id
)

select * from final
