with

records as (
    {{ current_records('notifications', 'recommended_actions', 'snapshot') }}
),

final as (
    select
        records.customer_id,
        records.scenario,
        records.recommended_action,
        records.urgency_level,
        records.follow_up_required,
        records.assigned_team,
        records.load_number,
        records._record_number as record_number,
        records._loaded_at as loaded_at
    from records
)

select * from final
