with

notifications as (
    select * from {{ ref('fct_notifications') }}
),

final as (
    select
        notification_id,
        customer_id,
        channel,
        sent_at as sent_date,
        notification_type,
        case when is_opened then 'Yes' when not is_opened then 'No' end as opened,
        case when is_clicked then 'Yes' when not is_clicked then 'No' end as clicked,
        action_taken,
        delivery_status,
        notification_priority,
        response_time_hours
    from notifications
)

select * from final
