with

customers as (
    select * from {{ ref('int_customers__merged') }}
),

source_customers as (
    select * from {{ ref('int_source_customers__unioned') }}
),

identified as (
    select * from {{ ref('int_customers__identified') }}
),

preferences as (
    select * from {{ ref('stg_crm__customer_preferences') }}
),

notifications as (
    select
        *,
        {{ business_day('sent_date') }} as sent_on
    from {{ ref('stg_notifications__notification_history') }}
),

-- Whoever said no anywhere has said no.
consents as (
    select
        identified.customer_key,
        bool_and(source_customers.marketing_consent) as has_consent
    from source_customers
    inner join identified
        on
            source_customers.system = identified.system
            and source_customers.source_customer_id = identified.source_customer_id
    group by identified.customer_key
),

newest_preferences as (
    -- The preference_id decides which set is the newest: the CRM gives no time.
    select distinct on (customer_id) *
    from preferences
    order by customer_id, preference_id desc
),

switches as (
    select
        identified.customer_key,
        bool_and(newest_preferences.notification_enabled) as is_channel_on
    from newest_preferences
    inner join identified
        on identified.system = 'crm' and newest_preferences.customer_id::text = identified.source_customer_id
    group by identified.customer_key
),

messages as (
    select
        identified.customer_key,
        count(*)::integer as notifications_sent_7d
    from notifications
    inner join identified
        on identified.system = 'notifications' and notifications.customer_id::text = identified.source_customer_id
    where {{ is_within('notifications.sent_on', 7) }}
    group by identified.customer_key
),

final as (
    select
        customers.customer_key,
        coalesce(consents.has_consent, false) as has_consent,
        coalesce(switches.is_channel_on, true) as is_channel_on,
        customers.email is not null as has_email,
        customers.phone is not null as has_phone,
        customers.time_zone,
        coalesce(messages.notifications_sent_7d, 0) as notifications_sent_7d
    from customers
    left join consents on customers.customer_key = consents.customer_key
    left join switches on customers.customer_key = switches.customer_key
    left join messages on customers.customer_key = messages.customer_key
)

select * from final
