with

notifications as (
    select * from {{ ref('stg_notifications__notification_history') }}
),

identified as (
    select * from {{ ref('int_customers__identified') }}
    where system = 'notifications'
),

final as (
    select
        -- ids
        {{ hash_key("'notifications:' || notifications.notification_id") }} as notification_key,
        identified.customer_key,
        notifications.notification_id,
        notifications.customer_id,

        -- what
        notifications.channel,
        notifications.notification_type,
        notifications.notification_priority,
        notifications.delivery_status,
        notifications.opened = 'Yes' as is_opened,
        notifications.clicked = 'Yes' as is_clicked,
        notifications.action_taken,

        -- numbers
        notifications.response_time_hours,

        -- times
        {{ business_day('notifications.sent_date') }} as sent_date,
        notifications.sent_date as sent_at
    from notifications
    left join identified on notifications.customer_id::text = identified.source_customer_id
)

select * from final
