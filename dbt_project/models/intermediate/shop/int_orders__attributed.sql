with

orders as (
    select * from {{ ref('stg_shop__orders') }}
),

sessions as (
    select * from {{ ref('stg_shop__web_sessions') }}
),

touches as (
    select * from {{ ref('int_ai_touches__located') }}
),

-- Only what came before the order can have led to it, and only within seven days.
touches_of_the_visitor as (
    select
        orders.order_id,
        touches.touch_id,
        touches.interaction_id,
        touches.feature_name,
        touches.touched_at
    from orders
    inner join sessions on orders.session_id = sessions.session_id
    inner join touches on sessions.visitor_id = touches.visitor_id
    where touches.touched_at between orders.ordered_at - interval '7 days' and orders.ordered_at
),

-- The account follows a customer who looked on one device and ordered on another.
touches_of_the_account as (
    select
        orders.order_id,
        touches.touch_id,
        touches.interaction_id,
        touches.feature_name,
        touches.touched_at
    from orders
    inner join touches on orders.customer_id = touches.shop_customer_id
    where touches.touched_at between orders.ordered_at - interval '7 days' and orders.ordered_at
),

preceding_touches as (
    select * from touches_of_the_visitor
    union
    select * from touches_of_the_account
),

ranked as (
    select
        preceding_touches.*,
        row_number() over (
            partition by order_id
            -- Several products are shown in the same second: without the touch the feature credited would be left to chance.
            order by touched_at desc, touch_id desc
        ) as touch_rank
    from preceding_touches
),

final as (
    select
        order_id,
        touch_id,
        interaction_id,
        feature_name,
        touched_at
    from ranked
    where touch_rank = 1
)

select * from final
