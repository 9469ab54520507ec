with

records as (
    {{ current_records('shop', 'web_sessions', 'upsert', 'session_id') }}
),

final as (
    select
        records.session_id,
        records.visitor_id,
        records.customer_id,
        records.started_at,
        records.ended_at,
        records.device,
        records.traffic_source,
        records._loaded_at as loaded_at
    from records
    where
        {{ is_known_by('records.started_at') }}
)

select * from final
