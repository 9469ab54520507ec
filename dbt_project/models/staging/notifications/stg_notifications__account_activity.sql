with

snapshots as (
    select
        records.*,
        coalesce(files.delivered_on, records._business_date) as snapshot_date,
        row_number() over (
            partition by records.customer_id, coalesce(files.delivered_on, records._business_date)
            -- The load breaks ties between files of one day, else the state kept would be left to chance.
            order by records._load_id desc, records._record_number desc
        ) as version_rank
    from {{ source('notifications', 'notifications__account_activity') }} as records
    inner join {{ source('ops', 'loaded_files') }} as files on records._load_id = files.load_id
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
