with

touches as (
    select * from {{ ref('stg_shop__ai_touches') }}
),

interactions as (
    select * from {{ ref('stg_shop__ai_interactions') }}
),

sessions as (
    select * from {{ ref('stg_shop__web_sessions') }}
),

final as (
    select
        -- ids
        touches.touch_id,
        touches.interaction_id,
        interactions.session_id,
        touches.product_id,
        sessions.visitor_id,
        interactions.customer_id as shop_customer_id,

        -- what it was
        {{ ai_feature_name('interactions.interaction_type') }} as feature_name,
        touches.is_clicked,

        -- timestamps
        touches.touched_at
    from touches
    inner join interactions on touches.interaction_id = interactions.interaction_id
    inner join sessions on interactions.session_id = sessions.session_id
)

select * from final
