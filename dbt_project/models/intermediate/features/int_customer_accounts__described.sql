with

identified as (
    select * from {{ ref('int_customers__identified') }}
),

profiles as (
    select * from {{ ref('stg_notifications__customer_profiles') }}
),

snapshots as (
    select * from {{ ref('stg_notifications__account_activity') }}
),

plan_periods as (
    select * from {{ ref('stg_care__customer_service_plans') }}
),

service_plans as (
    select * from {{ ref('stg_care__service_plans') }}
),

crm_customers as (
    select * from {{ ref('stg_crm__customer_info') }}
),

crm_segments as (
    select * from {{ ref('stg_crm__customer_segments') }}
),

newest_snapshots as (
    select distinct on (customer_id) *
    from snapshots
    order by customer_id, snapshot_date desc
),

notification_accounts as (
    select distinct on (identified.customer_key)
        identified.customer_key,
        profiles.income_bracket,
        newest_snapshots.subscription_type,
        newest_snapshots.engagement_score,
        newest_snapshots.churn_risk_score,
        greatest(
            newest_snapshots.last_transaction, {{ business_day('newest_snapshots.last_login') }}
        ) as last_seen_date
    from profiles
    inner join identified
        on identified.system = 'notifications' and profiles.customer_id::text = identified.source_customer_id
    left join newest_snapshots on profiles.customer_id = newest_snapshots.customer_id
    -- The id breaks ties between two profiles of one person, else the one kept would be left to chance.
    order by identified.customer_key, newest_snapshots.snapshot_date desc nulls last, profiles.customer_id
),

care_accounts as (
    select
        identified.customer_key,
        sum(service_plans.monthly_fee) as monthly_fee,
        bool_or((service_plans.plan_name || ' ' || coalesce(service_plans.plan_type, '')) ~* '\m(eco|green)\M')
            as has_green_plan
    from plan_periods
    inner join service_plans on plan_periods.service_plan_id = service_plans.service_plan_id
    inner join identified
        on identified.system = 'care' and plan_periods.customer_id::text = identified.source_customer_id
    where
        plan_periods.is_active
        and plan_periods.start_date <= {{ as_of_date() }}
        and (plan_periods.end_date is null or plan_periods.end_date >= {{ as_of_date() }})
    group by identified.customer_key
),

crm_accounts as (
    select distinct on (identified.customer_key)
        identified.customer_key,
        round(crm_segments.risk_score)::integer as crm_risk_score,
        crm_segments.engagement_level as crm_engagement_level
    from crm_segments
    inner join identified
        on identified.system = 'crm' and crm_segments.customer_id::text = identified.source_customer_id
    -- The id breaks ties between memberships changed at once, else the one kept would be left to chance.
    order by identified.customer_key, crm_segments.last_updated desc nulls last, crm_segments.segment_id desc
),

crm_logins as (
    select identified.customer_key, max({{ business_day('crm_customers.last_login') }}) as last_seen_date
    from crm_customers
    inner join identified
        on identified.system = 'crm' and crm_customers.customer_id::text = identified.source_customer_id
    -- A newer version of the record may know of a login after the last business day included.
    where {{ is_known_by('crm_customers.last_login') }}
    group by identified.customer_key
),

persons as (
    select distinct customer_key from identified
),

final as (
    select
        persons.customer_key,
        notification_accounts.income_bracket,
        notification_accounts.subscription_type,
        -- Who has a green subscription needs no green plan; unknown where neither plan nor subscription is known.
        case
            when notification_accounts.subscription_type = 'Green' or care_accounts.has_green_plan then true
            when notification_accounts.subscription_type is not null or care_accounts.has_green_plan is not null
                then false
        end as has_green_plan,
        care_accounts.monthly_fee,
        notification_accounts.engagement_score,
        notification_accounts.churn_risk_score as source_churn_risk_score,
        crm_accounts.crm_risk_score,
        crm_accounts.crm_engagement_level,
        greatest(notification_accounts.last_seen_date, crm_logins.last_seen_date) as last_seen_date
    from persons
    left join notification_accounts on persons.customer_key = notification_accounts.customer_key
    left join care_accounts on persons.customer_key = care_accounts.customer_key
    left join crm_accounts on persons.customer_key = crm_accounts.customer_key
    left join crm_logins on persons.customer_key = crm_logins.customer_key
)

select * from final
