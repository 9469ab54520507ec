with

decisions as (
    select * from {{ ref('fct_decisions') }}
),

analyses as (
    select * from {{ ref('fct_decision_analyses') }}
    where status = 'ok'
),

-- Ours names who said it, so that it cannot be taken for the desk's.
analysed as (
    select
        decisions.*,
        jsonb_build_object(
            'category', analyses.llm_category, 'confidence', analyses.llm_confidence_score,
            'source', analyses.source, 'model', analyses.model, 'prompt_version', analyses.prompt_version
        ) as our_classification,
        jsonb_build_object(
            'options', analyses.llm_options,
            'source', analyses.source, 'model', analyses.model, 'prompt_version', analyses.prompt_version
        ) as our_recommendations,
        analyses.llm_confidence_score as our_confidence_score,
        analyses.decision_id is not null as has_analysis
    from decisions
    left join analyses on decisions.decision_id = analyses.decision_id
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
        case when has_analysis then coalesce(llm_classification, our_classification) else llm_classification end
            as ai_classification,
        case when has_analysis then coalesce(llm_recommendations, our_recommendations) else llm_recommendations end
            as ai_recommendations,
        -- The confidence is in the classification that is shown: ours says nothing about the desk's.
        case
            when has_analysis and llm_classification is null then coalesce(llm_confidence_score, our_confidence_score)
            else llm_confidence_score
        end::numeric(3, 2) as ai_confidence_score,
        created_at,
        updated_at
    from analysed
)

select * from final
