with

notifications as (
    select *, {{ business_day('sent_date') }} as sent_on
    from {{ ref('stg_notifications__notification_history') }}
),

notification_customers as (
    select * from {{ ref('int_customers__identified') }}
    where system = 'notifications'
),

final as (
    select
        notification_customers.customer_key,
        (count(*) filter (where {{ is_within('notifications.sent_on', 90) }}))::integer as notifications_sent_90d,
        -- What never arrived cannot be opened.
        {%- for share, answer in [('notification_open_share', 'opened'), ('notification_click_share', 'clicked')] %}
        {{ coarse_share(
            "count(*) filter (where notifications." ~ answer ~ " = 'Yes' and notifications.delivery_status = 'Delivered' and "
            ~ is_within('notifications.sent_on', 365) ~ ")",
            "count(*) filter (where notifications.delivery_status = 'Delivered' and "
            ~ is_within('notifications.sent_on', 365) ~ ")"
        ) }} as {{ share }},
        {%- endfor %}
        -- A message sent is our activity, one opened is the customer's.
        max(notifications.sent_on) filter (where notifications.opened = 'Yes') as last_opened_date
    from notifications
    inner join notification_customers
        on notifications.customer_id::text = notification_customers.source_customer_id
    group by notification_customers.customer_key
)

select * from final
