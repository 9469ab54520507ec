with

sessions as (
    select * from {{ ref('stg_shop__web_sessions') }}
),

customers as (
    select * from {{ ref('int_shop_customers__described') }}
),

final as (
    select
        -- ids
        sessions.session_id,
        sessions.visitor_id,
        sessions.customer_id as shop_customer_id,
        customers.customer_key,

        -- what it was
        sessions.device,
        sessions.traffic_source,

        -- timestamps
        sessions.started_at,
        sessions.ended_at,
        {{ business_day('sessions.started_at') }} as session_date
    from sessions
    left join customers on sessions.customer_id = customers.shop_customer_id
)

select * from final
