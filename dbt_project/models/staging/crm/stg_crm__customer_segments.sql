with

records as (
    {{ current_records('crm', 'customer_segments', 'upsert', 'segment_id') }}
),

final as (
    select
        records.segment_id,
        records.customer_id,
        records.segment_name,
        records.segment_category,
        records.lifetime_value,
        records.risk_score,
        records.engagement_level,
        records.last_updated,
        records._loaded_at as loaded_at
    from records
)

select * from final
