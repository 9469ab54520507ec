with

records as (
    {{ current_records('decisions', 'decision_outcomes', 'upsert', 'id') }}
),

final as (
    select
        records.id,
        records.decision_id,
        records.selected_option_id,
        records.response_sent_at,
        records.customer_satisfaction_score,
        records.escalation_occurred,
        records.resolution_time_hours,
        records.follow_up_required,
        records.follow_up_date,
        records.outcome_notes,
        records.financial_impact_actual,
        records.customer_retained,
        records.created_at,
        records.updated_at,
        records._loaded_at as loaded_at
    from records
    where
        {{ is_known_by('records.created_at') }}
        and records.decision_id in (select parents.id from {{ ref('stg_decisions__customer_decisions') }} as parents)
        and records.selected_option_id in (select parents.id from {{ ref('stg_decisions__response_options') }} as parents)
)

select * from final
