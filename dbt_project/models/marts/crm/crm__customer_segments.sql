with

segments as (
    select * from {{ ref('dim_crm_segment') }}
),

priorities as (
    select * from {{ ref('fct_customer_priorities') }}
),

features as (
    select * from {{ ref('int_customer_features') }}
),

orders as (
    select * from {{ ref('int_customer_orders__summed') }}
),

-- What the CRM says is kept; ours stands where it says nothing.
final as (
    select
        segments.segment_id,
        segments.customer_id,
        segments.segment_name::varchar(100) as segment_name,
        segments.segment_category::varchar(50) as segment_category,
        coalesce(segments.source_lifetime_value, orders.net_revenue)::numeric(12, 2) as lifetime_value,
        coalesce(segments.source_risk_score, priorities.churn_risk_score)::numeric(5, 2) as risk_score,
        coalesce(
            segments.source_engagement_level,
            case
                when features.engagement_score >= 70 then 'High'
                when features.engagement_score >= 40 then 'Medium'
                when features.engagement_score is not null then 'Low'
            end
        )::varchar(20) as engagement_level,
        segments.last_updated_at as last_updated
    from segments
    left join priorities on segments.customer_key = priorities.customer_key
    left join features on segments.customer_key = features.customer_key
    left join orders on segments.customer_key = orders.customer_key
)

select * from final
