with

records as (
    {{ current_records('shop', 'usage_events', 'upsert', 'usage_event_id') }}
),

final as (
    select
        records.usage_event_id,
        records.usage_date,
        records.service_name,
        records.usage_type,
        records.used,
        records._loaded_at as loaded_at
    from records
    where records.usage_date <= {{ as_of_date() }}
)

select * from final
