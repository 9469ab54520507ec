with

decisions as (
    select * from {{ ref('stg_decisions__customer_decisions') }}
),

identities as (
    select * from {{ ref('int_customers__identified') }}
    where system = 'decisions'
),

-- The desk has no customer ids of its own: its customers are known by mail address, else by what it has.
named as (
    select
        decisions.*,
        {{ decision_customer_id('decisions') }} as source_customer_id
    from decisions
),

final as (
    select
        -- ids
        named.id as decision_id,
        named.team_id,
        named.created_by as created_by_member_id,
        identities.customer_key,

        -- customer, as the desk wrote it
        named.customer_name,
        named.customer_id as desk_customer_id,
        named.customer_email,
        named.customer_tier,
        named.customer_value,
        named.relationship_duration_months,

        -- what it is
        named.title,
        named.description as decision_description,
        named.decision_type,
        named.urgency_level,
        named.financial_impact,
        named.status,
        named.current_phase,

        -- what the desk's model said
        named.ai_classification as llm_classification,
        named.ai_recommendations as llm_recommendations,
        named.ai_confidence_score as llm_confidence_score,

        -- timestamps
        named.expected_resolution_date as expected_resolution_at,
        named.actual_resolution_date as resolved_at,
        coalesce(named.created_at, named.loaded_at) as created_at,
        coalesce(named.updated_at, named.created_at, named.loaded_at) as updated_at
    from named
    left join identities on named.source_customer_id = identities.source_customer_id
)

select * from final
