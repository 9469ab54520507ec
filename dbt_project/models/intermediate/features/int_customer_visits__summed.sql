with

web_sessions as (
    select *, {{ business_day('started_at') }} as session_date
    from {{ ref('stg_shop__web_sessions') }}
),

ai_interactions as (
    select *, {{ business_day('started_at') }} as interaction_date
    from {{ ref('stg_shop__ai_interactions') }}
),

shop_customers as (
    select * from {{ ref('int_customers__identified') }}
    where system = 'shop'
),

visits as (
    select
        customer_id,
        max(session_date) as last_visit_date,
        count(*) filter (where {{ is_within('session_date', 90) }}) as web_sessions_90d,
        count(*) filter (where {{ is_within('session_date', 365) }} and device is not null) as sessions_365d,
        count(*) filter (where {{ is_within('session_date', 365) }} and device = 'mobile') as mobile_sessions_365d
    from web_sessions
    group by customer_id
),

answers as (
    select
        -- Who logs in later in a visit was there before.
        coalesce(ai_interactions.customer_id, web_sessions.customer_id) as customer_id,
        max(ai_interactions.interaction_date) as last_ai_date,
        count(*) filter (where {{ is_within('ai_interactions.interaction_date', 90) }}) as ai_interactions_90d
    from ai_interactions
    inner join web_sessions on ai_interactions.session_id = web_sessions.session_id
    group by coalesce(ai_interactions.customer_id, web_sessions.customer_id)
),

final as (
    select
        shop_customers.customer_key,
        coalesce(sum(visits.web_sessions_90d), 0)::integer as web_sessions_90d,
        {{ coarse_share('sum(visits.mobile_sessions_365d)', 'sum(visits.sessions_365d)') }} as mobile_session_share,
        coalesce(sum(answers.ai_interactions_90d), 0)::integer as ai_interactions_90d,
        greatest(max(visits.last_visit_date), max(answers.last_ai_date)) as last_visit_date
    from shop_customers
    left join visits on shop_customers.source_customer_id = visits.customer_id
    left join answers on shop_customers.source_customer_id = answers.customer_id
    group by shop_customers.customer_key
)

select * from final
