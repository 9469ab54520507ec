with

interactions as (
    select * from {{ ref('int_interactions__unioned') }}
),

final as (
    select
        -- ids
        {{ hash_key('interaction_reference') }} as interaction_key,
        system,
        customer_key,
        -- The notification engine has neither agents nor channels nor types of its own, only their names.
        case when system = 'care' then {{ hash_key("'care:' || agent_id") }} end as agent_key,
        {{ hash_key("'care:' || channel_id") }} as channel_key,
        {{ hash_key("'care:' || interaction_type_id") }} as interaction_type_key,
        interaction_id,
        customer_id,
        channel_id,
        interaction_type_id,
        agent_id,
        session_id,

        -- what
        channel_name,
        channel_type,
        interaction_type_name,
        is_complaint,
        is_cancellation_request,
        resolution_status,
        interaction_summary,
        language,
        source_sentiment,
        derived_sentiment,

        -- numbers
        duration_seconds,
        queue_seconds,
        response_minutes,
        satisfaction_native,
        case when satisfaction_native is not null then '-1..1' end as satisfaction_scale,
        round((satisfaction_native + 1) * 50, 1) as satisfaction_score_100,

        -- times
        interaction_date,
        started_at,
        ended_at,
        created_at
    from interactions
)

select * from final
