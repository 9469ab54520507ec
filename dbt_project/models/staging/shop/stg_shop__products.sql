with

records as (
    {{ current_records('shop', 'products', 'upsert', 'product_id') }}
),

final as (
    select
        records.product_id,
        records.product_name,
        records.category,
        records.unit_price,
        records.is_active,
        records.launched_on,
        records._loaded_at as loaded_at
    from records
)

select * from final
