with

outcomes as (
    select * from {{ ref('fct_decision_outcomes') }}
),

final as (
    select
        outcome_id as id,
        decision_id,
        selected_option_id,
        response_sent_at,
        satisfaction_native as customer_satisfaction_score,
        is_escalated as escalation_occurred,
        resolution_time_hours,
        is_follow_up_required as follow_up_required,
        follow_up_at as follow_up_date,
        outcome_notes,
        actual_financial_impact::numeric(12, 2) as financial_impact_actual,
        is_customer_retained as customer_retained,
        created_at,
        updated_at
    from outcomes
)

select * from final
