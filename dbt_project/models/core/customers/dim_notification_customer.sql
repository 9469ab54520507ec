with

profiles as (
    select * from {{ ref('stg_notifications__customer_profiles') }}
),

identified as (
    select * from {{ ref('int_customers__identified') }}
    where system = 'notifications'
),

final as (
    select
        -- ids
        profiles.customer_id,
        identified.customer_key,

        -- who
        profiles.name as customer_name,
        profiles.age,
        profiles.location,
        profiles.income_bracket,

        -- the account
        profiles.preferred_channel,
        profiles.opted_in = 'Yes' as is_opted_in,
        profiles.segment as source_segment,
        profiles.customer_segment as source_customer_segment,
        profiles.satisfaction_score as satisfaction_native,
        case when profiles.satisfaction_score is not null then '1-10' end as satisfaction_scale,
        round((profiles.satisfaction_score - 1) * 100.0 / 9, 1) as satisfaction_score_100,
        profiles.customer_since as customer_since_date
    from profiles
    left join identified on profiles.customer_id::text = identified.source_customer_id
)

select * from final
