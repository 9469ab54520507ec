with

counts as (
    select
        'notification_history' as mart,
        (select count(*) from {{ ref('stg_notifications__notification_history') }}) as staged_count,
        (select count(*) from {{ ref('notifications__notification_history') }}) as published_count
    union all
    select
        'interaction_history',
        (select count(*) from {{ ref('stg_notifications__interaction_history') }}),
        (select count(*) from {{ ref('notifications__interaction_history') }})
    union all
    select
        'account_activity',
        (select count(distinct customer_id) from {{ ref('stg_notifications__account_activity') }}),
        (select count(*) from {{ ref('notifications__account_activity') }})
)

select * from counts
where staged_count <> published_count
