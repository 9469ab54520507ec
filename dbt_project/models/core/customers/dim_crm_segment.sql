with

segments as (
    select * from {{ ref('stg_crm__customer_segments') }}
),

identified as (
    select * from {{ ref('int_customers__identified') }}
    where system = 'crm'
),

final as (
    select
        -- ids
        segments.segment_id,
        segments.customer_id,
        identified.customer_key,

        -- what the CRM says
        segments.segment_name,
        segments.segment_category,
        segments.lifetime_value as source_lifetime_value,
        segments.risk_score as source_risk_score,
        segments.engagement_level as source_engagement_level,
        segments.last_updated as last_updated_at
    from segments
    left join identified on segments.customer_id::text = identified.source_customer_id
)

select * from final
