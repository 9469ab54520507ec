with

-- A snapshot whose content is delivered anew is the state of that day too.
files as (
    select
        loaded_files.*,
        days.snapshot_date
    from {{ source('ops', 'loaded_files') }} as loaded_files
    cross join lateral unnest(loaded_files.delivered_on || loaded_files.redelivered_on) as days (snapshot_date)
),

snapshots as (
    select
        records.*,
        coalesce(files.snapshot_date, records._business_date) as snapshot_date,
        -- Of two snapshots of one day the newer one holds all there was.
        rank() over (
            partition by coalesce(files.snapshot_date, records._business_date)
            order by files.load_id desc
        ) as version_rank
    from {{ source('notifications', 'notifications__account_activity') }} as records
    inner join files on records._load_id = files.load_id
),

final as (
    select
        snapshots.customer_id,
        snapshots.snapshot_date,
        snapshots.account_status,
        snapshots.last_transaction,
        snapshots.last_login,
        snapshots.recent_activity,
        snapshots.engagement_score,
        snapshots.account_tenure_years,
        snapshots.subscription_type,
        snapshots.churn_risk_score,
        snapshots._loaded_at as loaded_at
    from snapshots
    where
        snapshots.version_rank = 1
        and snapshots.snapshot_date <= {{ as_of_date() }}
)

select * from final
