with

records as (
    {{ current_records('shop', 'api_configurations', 'upsert', 'configuration_id') }}
),

final as (
    select
        records.configuration_id,
        records.api_type,
        records.api_name,
        records.api_url,
        records.status,
        records.last_sync,
        records.sync_frequency,
        records._loaded_at as loaded_at
    from records
)

select * from final
