with

records as (
    {{ current_records('care', 'customer_interactions', 'upsert', 'interaction_id') }}
),

final as (
    select
        records.interaction_id,
        records.customer_id,
        records.channel_id,
        records.interaction_type_id,
        records.agent_id,
        records.session_id,
        records.start_timestamp,
        records.end_timestamp,
        records.duration_seconds,
        records.queue_time_seconds,
        records.resolution_status,
        records.satisfaction_score,
        records.interaction_summary,
        records.language,
        records.created_at,
        records._loaded_at as loaded_at
    from records
    where
        {{ is_known_by('records.start_timestamp') }}
)

select * from final
