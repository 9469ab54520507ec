with

sessions as (
    select * from {{ ref('stg_shop__web_sessions') }}
),

interactions as (
    select * from {{ ref('stg_shop__ai_interactions') }}
),

events as (
    select * from {{ ref('stg_shop__web_events') }}
    where event_type in ('product_view', 'add_to_cart')
),

orders as (
    select * from {{ ref('stg_shop__orders') }}
    where status <> 'cancelled'
),

steps_in_sessions as (
    select
        session_id,
        'visit' as step,
        started_at as taken_at
    from sessions
    union all
    select
        session_id,
        'ai_interaction',
        started_at
    from interactions
    union all
    select
        session_id,
        event_type,
        occurred_at
    from events
    union all
    select
        session_id,
        'purchase',
        ordered_at
    from orders
),

steps as (
    select
        sessions.visitor_id,
        steps_in_sessions.step,
        steps_in_sessions.taken_at
    from steps_in_sessions
    inner join sessions on steps_in_sessions.session_id = sessions.session_id
),

-- Windows over one sort rather than joins: the planner knows nothing about a table built a moment ago.
visits as (
    select
        steps.*,
        min(taken_at) filter (where step = 'visit') over (partition by visitor_id) as first_visit_at
    from steps
),

within_seven_days as (
    select *
    from visits
    where taken_at between first_visit_at and first_visit_at + interval '7 days'
),

-- Each stage counts only from when the stage before was reached (NULL: never), so counts cannot rise.
to_ai_interaction as (
    select
        within_seven_days.*,
        min(taken_at) filter (where step = 'ai_interaction') over (partition by visitor_id) as ai_interaction_at
    from within_seven_days
),

to_product_view as (
    select
        to_ai_interaction.*,
        min(taken_at) filter (where step = 'product_view' and taken_at >= ai_interaction_at)
            over (partition by visitor_id) as product_view_at
    from to_ai_interaction
),

to_add_to_cart as (
    select
        to_product_view.*,
        min(taken_at) filter (where step = 'add_to_cart' and taken_at >= product_view_at)
            over (partition by visitor_id) as add_to_cart_at
    from to_product_view
),

final as (
    select
        visitor_id,
        {{ business_day('first_visit_at') }} as first_visit_date,
        first_visit_at,
        ai_interaction_at,
        product_view_at,
        add_to_cart_at,
        min(taken_at) filter (where step = 'purchase' and taken_at >= add_to_cart_at) as purchase_at
    from to_add_to_cart
    group by visitor_id, first_visit_at, ai_interaction_at, product_view_at, add_to_cart_at
)

select * from final
