with

records as (
    {{ current_records('care', 'service_plans', 'upsert', 'service_plan_id') }}
),

final as (
    select
        records.service_plan_id,
        records.plan_name,
        records.plan_type,
        records.monthly_fee,
        records.data_allowance_gb,
        records.voice_minutes,
        records.sms_allowance,
        records.is_active,
        records.created_at,
        records._loaded_at as loaded_at
    from records
)

select * from final
