with

records as (
    {{ current_records('shop', 'system_samples', 'upsert', 'sample_id') }}
),

final as (
    select
        records.sample_id,
        records.component,
        records.sampled_at,
        records.cpu_usage_pct,
        records.memory_usage_pct,
        records.response_time_ms,
        records.active_sessions,
        records.conversions,
        records._loaded_at as loaded_at
    from records
    where {{ is_known_by('records.sampled_at') }}
)

select * from final
