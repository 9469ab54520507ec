with

records as (
    {{ current_records('shop', 'customers', 'upsert', 'customer_id') }}
),

final as (
    select
        records.customer_id,
        records.customer_name,
        records.email,
        records.phone,
        records.birth_year,
        records.city,
        records.country,
        records.registered_at,
        records.marketing_consent,
        records.updated_at,
        records._loaded_at as loaded_at
    from records
)

select * from final
