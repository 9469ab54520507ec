with

outcomes as (
    select * from {{ ref('stg_decisions__decision_outcomes') }}
),

final as (
    select
        -- ids
        id as outcome_id,
        decision_id,
        selected_option_id,

        -- what came of it
        escalation_occurred as is_escalated,
        follow_up_required as is_follow_up_required,
        customer_retained as is_customer_retained,
        outcome_notes,

        -- numbers
        customer_satisfaction_score as satisfaction_native,
        case when customer_satisfaction_score is not null then '1..10' end as satisfaction_scale,
        round((customer_satisfaction_score - 1) * 100.0 / 9, 1)::numeric(4, 1) as satisfaction_score_100,
        resolution_time_hours,
        financial_impact_actual as actual_financial_impact,

        -- timestamps
        response_sent_at,
        follow_up_date as follow_up_at,
        coalesce(created_at, loaded_at) as created_at,
        coalesce(updated_at, created_at, loaded_at) as updated_at
    from outcomes
)

select * from final
