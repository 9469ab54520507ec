with

service_plans as (
    select * from {{ ref('stg_care__service_plans') }}
),

final as (
    select
        {{ hash_key("'care:' || service_plan_id") }} as service_plan_key,
        service_plan_id,
        plan_name,
        plan_type,
        monthly_fee,
        data_allowance_gb,
        voice_minutes,
        sms_allowance,
        is_active,
        created_at
    from service_plans
)

select * from final
