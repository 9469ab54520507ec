with

records as (
    {{ current_records('shop', 'order_lines', 'upsert', 'order_line_id') }}
),

final as (
    select
        records.order_line_id,
        records.order_id,
        records.product_id,
        records.quantity,
        records.unit_price,
        records.discount_amount,
        records._loaded_at as loaded_at
    from records
    where
        records.order_id in (select parents.order_id from {{ ref('stg_shop__orders') }} as parents)
)

select * from final
