with

records as (
    {{ current_records('identity', 'crosswalk', 'upsert', 'crosswalk_id') }}
),

final as (
    select
        records.crosswalk_id,
        records.left_system,
        records.left_customer_id,
        records.right_system,
        records.right_customer_id,
        records._loaded_at as loaded_at
    from records
)

select * from final
