with

sessions as (
    select * from {{ ref('stg_shop__web_sessions') }}
),

interactions as (
    select
        sessions.visitor_id,
        interactions.started_at
    from {{ ref('stg_shop__ai_interactions') }} as interactions
    inner join sessions on interactions.session_id = sessions.session_id
),

events as (
    select
        sessions.visitor_id,
        events.event_type,
        events.occurred_at
    from {{ ref('stg_shop__web_events') }} as events
    inner join sessions on events.session_id = sessions.session_id
    where events.event_type in ('product_view', 'add_to_cart')
),

orders as (
    select
        sessions.visitor_id,
        orders.ordered_at
    from {{ ref('stg_shop__orders') }} as orders
    inner join sessions on orders.session_id = sessions.session_id
    where orders.status <> 'cancelled'
),

visitors as (
    select
        visitor_id,
        min(started_at) as first_visit_at,
        min(started_at) + interval '7 days' as window_ends_at
    from sessions
    group by visitor_id
),

-- Each stage looks only at those who reached the stage before, and only from then on: counts cannot rise.
reached_ai as (
    select
        visitors.visitor_id,
        visitors.window_ends_at,
        min(interactions.started_at) as reached_at
    from visitors
    inner join interactions
        on
            visitors.visitor_id = interactions.visitor_id
            and interactions.started_at between visitors.first_visit_at and visitors.window_ends_at
    group by visitors.visitor_id, visitors.window_ends_at
),

reached_view as (
    select
        reached_ai.visitor_id,
        reached_ai.window_ends_at,
        min(events.occurred_at) as reached_at
    from reached_ai
    inner join events
        on
            reached_ai.visitor_id = events.visitor_id
            and events.event_type = 'product_view'
            and events.occurred_at between reached_ai.reached_at and reached_ai.window_ends_at
    group by reached_ai.visitor_id, reached_ai.window_ends_at
),

reached_cart as (
    select
        reached_view.visitor_id,
        reached_view.window_ends_at,
        min(events.occurred_at) as reached_at
    from reached_view
    inner join events
        on
            reached_view.visitor_id = events.visitor_id
            and events.event_type = 'add_to_cart'
            and events.occurred_at between reached_view.reached_at and reached_view.window_ends_at
    group by reached_view.visitor_id, reached_view.window_ends_at
),

reached_purchase as (
    select
        reached_cart.visitor_id,
        min(orders.ordered_at) as reached_at
    from reached_cart
    inner join orders
        on
            reached_cart.visitor_id = orders.visitor_id
            and orders.ordered_at between reached_cart.reached_at and reached_cart.window_ends_at
    group by reached_cart.visitor_id
),

final as (
    select
        visitors.visitor_id,
        {{ business_day('visitors.first_visit_at') }} as first_visit_date,
        visitors.first_visit_at,
        reached_ai.reached_at as ai_interaction_at,
        reached_view.reached_at as product_view_at,
        reached_cart.reached_at as add_to_cart_at,
        reached_purchase.reached_at as purchase_at
    from visitors
    left join reached_ai on visitors.visitor_id = reached_ai.visitor_id
    left join reached_view on visitors.visitor_id = reached_view.visitor_id
    left join reached_cart on visitors.visitor_id = reached_cart.visitor_id
    left join reached_purchase on visitors.visitor_id = reached_purchase.visitor_id
)

select * from final
