with

records as (
    {{ current_records('care', 'interaction_types', 'upsert', 'interaction_type_id') }}
),

final as (
    select
        records.interaction_type_id,
        records.interaction_code,
        records.interaction_name,
        records.category,
        records.priority_level,
        records.is_active,
        records.created_at,
        records._loaded_at as loaded_at
    from records
)

select * from final
