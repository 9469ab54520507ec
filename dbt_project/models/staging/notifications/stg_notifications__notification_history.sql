with

records as (
    {{ current_records('notifications', 'notification_history', 'upsert', 'notification_id') }}
),

final as (
    select
        records.notification_id,
        records.customer_id,
        records.channel,
        records.sent_date,
        records.notification_type,
        records.opened,
        records.clicked,
        records.action_taken,
        records.delivery_status,
        records.notification_priority,
        records.response_time_hours,
        records._loaded_at as loaded_at
    from records
    where
        {{ is_known_by('records.sent_date') }}
)

select * from final
