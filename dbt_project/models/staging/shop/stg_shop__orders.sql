with

records as (
    {{ current_records('shop', 'orders', 'upsert', 'order_id') }}
),

final as (
    select
        records.order_id,
        records.customer_id,
        records.session_id,
        records.ordered_at,
        records.status,
        records._loaded_at as loaded_at
    from records
    where
        {{ is_known_by('records.ordered_at') }}
)

select * from final
