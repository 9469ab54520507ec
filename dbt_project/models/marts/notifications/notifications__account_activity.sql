with

snapshots as (
    select * from {{ ref('fct_account_activity') }}
    where is_newest_snapshot
),

priorities as (
    select * from {{ ref('fct_customer_priorities') }}
),

final as (
    select
        snapshots.customer_id,
        snapshots.account_status,
        snapshots.last_transaction_date as last_transaction,
        snapshots.last_login_at as last_login,
        snapshots.recent_activity,
        snapshots.engagement_score,
        snapshots.account_tenure_years,
        snapshots.subscription_type,
        coalesce(snapshots.source_churn_risk_score, priorities.churn_risk_score) as churn_risk_score
    from snapshots
    left join priorities on snapshots.customer_key = priorities.customer_key
)

select * from final
