with

preferences as (
    select * from {{ ref('dim_crm_preference') }}
),

final as (
    select
        preference_id,
        customer_id,
        communication_channel::varchar(50) as communication_channel,
        is_notification_enabled as notification_enabled,
        has_marketing_consent as marketing_consent,
        has_newsletter_subscription as newsletter_subscription,
        preferred_language::varchar(50) as preferred_language,
        time_zone::varchar(50) as time_zone
    from preferences
)

select * from final
