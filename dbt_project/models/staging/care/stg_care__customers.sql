with

records as (
    {{ current_records('care', 'customers', 'upsert', 'customer_id') }}
),

final as (
    select
        records.customer_id,
        records.customer_name,
        records.email,
        records.phone,
        coalesce(records.registration_date, records.first_business_date) as registration_date,
        records.customer_segment,
        records.status,
        records.created_at,
        records._loaded_at as loaded_at
    from records
)

select * from final
