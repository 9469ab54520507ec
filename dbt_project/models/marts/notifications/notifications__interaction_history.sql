with

interactions as (
    select * from {{ ref('fct_customer_interactions') }}
    where system = 'notifications'
),

final as (
    select
        customer_id,
        channel_name as channel,
        started_at as date_time,
        interaction_type_name as interaction_type,
        coalesce(source_sentiment, derived_sentiment) as sentiment,
        interaction_summary as summary,
        response_minutes as response_time_minutes,
        resolution_status,
        agent_id
    from interactions
)

select * from final
