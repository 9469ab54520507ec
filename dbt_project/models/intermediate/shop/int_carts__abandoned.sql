with

sessions as (
    select * from {{ ref('fct_web_sessions') }}
),

events as (
    select * from {{ ref('fct_web_events') }}
    where event_type = 'add_to_cart'
),

orders as (
    select * from {{ ref('fct_orders') }}
    where not is_cancelled
),

carts as (
    select
        events.session_id,
        sessions.visitor_id,
        sessions.shop_customer_id,
        max(events.occurred_at) as last_added_at
    from events
    inner join sessions on events.session_id = sessions.session_id
    group by events.session_id, sessions.visitor_id, sessions.shop_customer_id
),

-- What is still open can yet be recovered: it would count as lost and be corrected later.
closed as (
    select *
    from carts
    where {{ business_day("last_added_at + interval '7 days'") }} <= {{ as_of_date() }}
),

following_orders as (
    select
        closed.session_id,
        orders.order_id,
        orders.ordered_at,
        orders.ai_feature_name
    from closed
    inner join orders on closed.visitor_id = orders.visitor_id
    where orders.ordered_at between closed.last_added_at and closed.last_added_at + interval '7 days'
    union
    -- The account follows a customer who filled the cart on one device and ordered on another.
    select
        closed.session_id,
        orders.order_id,
        orders.ordered_at,
        orders.ai_feature_name
    from closed
    inner join orders on closed.shop_customer_id = orders.shop_customer_id
    where orders.ordered_at between closed.last_added_at and closed.last_added_at + interval '7 days'
),

first_orders as (
    select *
    from (
        select
            following_orders.*,
            row_number() over (
                partition by session_id
                -- Two orders of the same second: without the order the AI credit would be left to chance.
                order by ordered_at, order_id
            ) as order_rank
        from following_orders
    ) as ranked
    where order_rank = 1
),

final as (
    select
        -- ids
        closed.session_id,
        closed.visitor_id,
        closed.shop_customer_id,
        first_orders.order_id,

        -- how it ended
        first_orders.order_id is not null as is_recovered,
        first_orders.ai_feature_name is not null as is_recovered_with_ai,

        -- timestamps
        closed.last_added_at,
        {{ business_day("closed.last_added_at + interval '7 days'") }} as closed_date
    from closed
    left join first_orders on closed.session_id = first_orders.session_id
    -- Bought within a day is no abandoned cart.
    where
        first_orders.order_id is null
        or first_orders.ordered_at > closed.last_added_at + interval '24 hours'
)

select * from final
