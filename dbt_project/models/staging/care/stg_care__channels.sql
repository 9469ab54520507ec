with

records as (
    {{ current_records('care', 'channels', 'upsert', 'channel_id') }}
),

final as (
    select
        records.channel_id,
        records.channel_name,
        records.channel_type,
        records.is_active,
        records.created_at,
        records._loaded_at as loaded_at
    from records
)

select * from final
