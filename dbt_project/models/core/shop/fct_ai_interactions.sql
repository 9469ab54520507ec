with

interactions as (
    select * from {{ ref('stg_shop__ai_interactions') }}
),

sessions as (
    select * from {{ ref('fct_web_sessions') }}
),

customers as (
    select * from {{ ref('int_shop_customers__described') }}
),

touches as (
    select
        interaction_id,
        count(distinct product_id) as product_count
    from {{ ref('int_ai_touches__located') }}
    group by interaction_id
),

final as (
    select
        -- ids
        interactions.interaction_id,
        interactions.session_id,
        sessions.visitor_id,
        interactions.customer_id as shop_customer_id,
        customers.customer_key,

        -- what it was
        interactions.interaction_type,
        {{ ai_feature_name('interactions.interaction_type') }} as feature_name,
        interactions.is_resolved,

        -- numbers
        coalesce(touches.product_count, 0) as product_count,
        interactions.message_count,
        interactions.response_time_sec::numeric(12, 3) as response_time_sec,
        interactions.satisfaction_score as satisfaction_native,
        case when interactions.satisfaction_score is not null then '1..5' end as satisfaction_scale,
        ((interactions.satisfaction_score - 1) * 25)::numeric(4, 1) as satisfaction_score_100,

        -- timestamps
        interactions.started_at,
        {{ business_day('interactions.started_at') }} as interaction_date
    from interactions
    inner join sessions on interactions.session_id = sessions.session_id
    left join customers on interactions.customer_id = customers.shop_customer_id
    left join touches on interactions.interaction_id = touches.interaction_id
)

select * from final
