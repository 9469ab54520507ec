with

records as (
    {{ current_records('shop', 'api_calls', 'upsert', 'call_log_id') }}
),

final as (
    select
        records.call_log_id,
        records.endpoint_name,
        records.method,
        records.base_url,
        records.called_at,
        records.request_count,
        records.error_count,
        records.avg_response_ms,
        records._loaded_at as loaded_at
    from records
    where {{ is_known_by('records.called_at') }}
)

select * from final
