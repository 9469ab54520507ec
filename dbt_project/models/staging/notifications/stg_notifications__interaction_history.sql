with

records as (
    {{ current_records('notifications', 'interaction_history', 'append') }}
),

final as (
    select
        records.customer_id,
        records.channel,
        records.date_time,
        records.interaction_type,
        records.sentiment,
        records.summary,
        records.response_time_minutes,
        records.resolution_status,
        records.agent_id,
        records.load_number,
        records._record_number as record_number,
        records._loaded_at as loaded_at
    from records
    where
        {{ is_known_by('records.date_time') }}
)

select * from final
