with

records as (
    {{ current_records('crm', 'customer_info', 'upsert', 'customer_id') }}
),

final as (
    select
        records.customer_id,
        records.customer_name,
        records.email,
        records.phone,
        records.gender,
        records.age,
        records.date_of_birth,
        records.city,
        records.state,
        records.country,
        records.postal_code,
        coalesce(records.join_date, records.first_business_date) as join_date,
        records.account_status,
        records.loyalty_points,
        records.last_login,
        records._loaded_at as loaded_at
    from records
)

select * from final
