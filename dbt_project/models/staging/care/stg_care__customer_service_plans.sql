with

records as (
    {{ current_records('care', 'customer_service_plans', 'upsert', 'customer_service_plan_id') }}
),

final as (
    select
        records.customer_service_plan_id,
        records.customer_id,
        records.service_plan_id,
        coalesce(records.start_date, records.first_business_date) as start_date,
        records.end_date,
        records.is_active,
        records.created_at,
        records._loaded_at as loaded_at
    from records
)

select * from final
