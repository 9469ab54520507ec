with

decisions as (
    select * from {{ ref('fct_decisions') }}
),

final as (
    select
        decision_id as id,
        team_id,
        created_by_member_id as created_by,
        customer_name::varchar(255) as customer_name,
        desk_customer_id::varchar(100) as customer_id,
        customer_email::varchar(255) as customer_email,
        customer_tier::varchar(20) as customer_tier,
        customer_value::numeric(12, 2) as customer_value,
        relationship_duration_months,
        title::varchar(500) as title,
        decision_description as description,
        decision_type::varchar(50) as decision_type,
        urgency_level,
        financial_impact::numeric(12, 2) as financial_impact,
        status::varchar(20) as status,
        current_phase,
        expected_resolution_at as expected_resolution_date,
        resolved_at as actual_resolution_date,
        llm_classification as ai_classification,
        llm_recommendations as ai_recommendations,
        llm_confidence_score::numeric(3, 2) as ai_confidence_score,
        created_at,
        updated_at
    from decisions
)

select * from final
