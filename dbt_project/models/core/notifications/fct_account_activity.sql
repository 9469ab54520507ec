with

snapshots as (
    select * from {{ ref('stg_notifications__account_activity') }}
),

priority_answers as (
    select * from {{ ref('stg_enrichment__customer_priority_answers') }}
    where churn_risk_score is not null
),

identified as (
    select * from {{ ref('int_customers__identified') }}
    where system = 'notifications'
),

-- From which day to which an answer stands. The result_id breaks ties between answers of one day.
standing as (
    select
        customer_key,
        churn_risk_score,
        as_of_date as first_date,
        lead(as_of_date) over (partition by customer_key order by as_of_date, result_id) as next_date
    from priority_answers
),

final as (
    select
        -- ids
        snapshots.customer_id,
        snapshots.snapshot_date,
        identified.customer_key,

        -- the account
        snapshots.account_status,
        snapshots.last_transaction as last_transaction_date,
        snapshots.last_login as last_login_at,
        snapshots.recent_activity,
        snapshots.engagement_score,
        snapshots.account_tenure_years,
        snapshots.subscription_type,

        -- risk of leaving
        snapshots.churn_risk_score as source_churn_risk_score,
        standing.churn_risk_score as computed_churn_risk_score,
        -- An account that the newest snapshot lacks is closed: its last state is history.
        snapshots.snapshot_date = max(snapshots.snapshot_date) over () as is_newest_snapshot
    from snapshots
    left join identified on snapshots.customer_id::text = identified.source_customer_id
    left join standing
        on
            identified.customer_key = standing.customer_key
            and snapshots.snapshot_date >= standing.first_date
            -- Two answers of one day: the earlier stands for no day at all.
            and (standing.next_date is null or snapshots.snapshot_date < standing.next_date)
)

select * from final
