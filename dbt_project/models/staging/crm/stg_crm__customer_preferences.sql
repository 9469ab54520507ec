with

records as (
    {{ current_records('crm', 'customer_preferences', 'upsert', 'preference_id') }}
),

final as (
    select
        records.preference_id,
        records.customer_id,
        records.communication_channel,
        records.notification_enabled,
        records.marketing_consent,
        records.newsletter_subscription,
        records.preferred_language,
        records.time_zone,
        records._loaded_at as loaded_at
    from records
)

select * from final
