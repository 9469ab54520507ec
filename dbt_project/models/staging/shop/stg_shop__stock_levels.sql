with

records as (
    {{ current_records('shop', 'stock_levels', 'upsert', 'stock_level_id') }}
),

final as (
    select
        records.stock_level_id,
        records.product_id,
        records.stock_date,
        records.units_on_hand,
        records._loaded_at as loaded_at
    from records
    where records.stock_date <= {{ as_of_date() }}
)

select * from final
