with

preferences as (
    select * from {{ ref('stg_crm__customer_preferences') }}
),

identified as (
    select * from {{ ref('int_customers__identified') }}
    where system = 'crm'
),

final as (
    select
        -- ids
        preferences.preference_id,
        preferences.customer_id,
        identified.customer_key,

        -- preferences
        preferences.communication_channel,
        preferences.notification_enabled as is_notification_enabled,
        preferences.marketing_consent as has_marketing_consent,
        preferences.newsletter_subscription as has_newsletter_subscription,
        preferences.preferred_language,
        preferences.time_zone
    from preferences
    left join identified on preferences.customer_id::text = identified.source_customer_id
)

select * from final
