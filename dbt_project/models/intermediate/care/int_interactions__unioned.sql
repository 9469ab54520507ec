with

care_interactions as (
    select * from {{ ref('stg_care__customer_interactions') }}
),

channels as (
    select * from {{ ref('stg_care__channels') }}
),

interaction_types as (
    select * from {{ ref('stg_care__interaction_types') }}
),

notification_interactions as (
    select * from {{ ref('stg_notifications__interaction_history') }}
),

identified as (
    select * from {{ ref('int_customers__identified') }}
),

unioned as (
    select
        -- ids
        'care' as system,
        'care:' || care_interactions.interaction_id as interaction_reference,
        care_interactions.interaction_id,
        care_interactions.customer_id,
        care_interactions.channel_id,
        care_interactions.interaction_type_id,
        care_interactions.agent_id::{{ text_type() }} as agent_id,
        care_interactions.session_id,

        -- what
        channels.channel_name,
        channels.channel_type,
        interaction_types.interaction_name as interaction_type_name,
        interaction_types.interaction_code = 'COMPLAINT' as is_complaint,
        interaction_types.interaction_code = 'CANCELLATION' as is_cancellation_request,
        care_interactions.resolution_status,
        care_interactions.interaction_summary,
        care_interactions.language,
        null::{{ text_type() }} as source_sentiment,

        -- numbers
        care_interactions.duration_seconds,
        care_interactions.queue_time_seconds as queue_seconds,
        null::integer as response_minutes,
        care_interactions.satisfaction_score as satisfaction_native,

        -- timestamps
        care_interactions.start_timestamp as started_at,
        care_interactions.end_timestamp as ended_at,
        care_interactions.created_at
    from care_interactions
    left join channels on care_interactions.channel_id = channels.channel_id
    left join interaction_types on care_interactions.interaction_type_id = interaction_types.interaction_type_id
    union all
    select
        'notifications',
        -- The source gives no key: the record is known by its load and its number there.
        'notifications:' || load_number || ':' || record_number,
        null,
        customer_id,
        null,
        null,
        agent_id,
        null,
        channel,
        case channel
            when 'Phone' then 'Voice'
            when 'Email' then 'Digital'
            when 'Chat' then 'Digital'
            else channel
        end,
        interaction_type,
        interaction_type = 'Complaint',
        false,
        resolution_status,
        summary,
        null,
        sentiment,
        null,
        null,
        -- Minutes to the first response are no time in a queue, so they stay a number of their own.
        response_time_minutes,
        null,
        date_time,
        null,
        null
    from notification_interactions
),

final as (
    select
        unioned.*,
        identified.customer_key,
        {{ business_day('unioned.started_at') }} as interaction_date,
        case
            when unioned.satisfaction_native > 0.2 then 'Positive'
            when unioned.satisfaction_native < -0.2 then 'Negative'
            when unioned.satisfaction_native is not null then 'Neutral'
            -- The notification engine records no satisfaction: a complaint or an escalation is all there is to go by.
            when unioned.system = 'notifications' and (unioned.is_complaint or unioned.resolution_status = 'Escalated')
                then 'Negative'
            when unioned.system = 'notifications' then 'Neutral'
        end as derived_sentiment
    from unioned
    left join identified
        on
            unioned.system = identified.system
            and unioned.customer_id::{{ text_type() }} = identified.source_customer_id
)

select * from final
