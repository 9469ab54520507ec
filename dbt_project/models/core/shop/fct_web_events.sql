with

events as (
    select * from {{ ref('stg_shop__web_events') }}
),

sessions as (
    select * from {{ ref('fct_web_sessions') }}
),

final as (
    select
        -- ids
        events.event_id,
        events.session_id,
        sessions.visitor_id,
        sessions.customer_key,
        events.product_id,
        events.order_id,

        -- what it was
        events.event_type,

        -- timestamps
        events.occurred_at,
        {{ business_day('events.occurred_at') }} as event_date
    from events
    inner join sessions on events.session_id = sessions.session_id
)

select * from final
