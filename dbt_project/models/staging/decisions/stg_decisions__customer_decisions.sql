with

records as (
    {{ current_records('decisions', 'customer_decisions', 'upsert', 'id') }}
),

final as (
    select
        records.id,
        records.team_id,
        records.created_by,
        records.customer_name,
        records.customer_id,
        records.customer_email,
        records.customer_tier,
        records.customer_value,
        records.relationship_duration_months,
        records.title,
        records.description,
        records.decision_type,
        records.urgency_level,
        records.financial_impact,
        records.status,
        records.current_phase,
        records.expected_resolution_date,
        records.actual_resolution_date,
        records.ai_classification,
        records.ai_recommendations,
        records.ai_confidence_score,
        records.created_at,
        records.updated_at,
        records._loaded_at as loaded_at
    from records
    where
        {{ is_known_by('records.created_at') }}
)

select * from final
