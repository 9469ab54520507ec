with

records as (
    {{ current_records('shop', 'price_list', 'upsert', 'price_id') }}
),

final as (
    select
        records.price_id,
        records.plan_name,
        records.valid_from,
        records.usage_type,
        records.service_name,
        records.free_limit,
        records.overage_rate,
        records.base_cost,
        records.monthly_price,
        records._loaded_at as loaded_at
    from records
)

select * from final
