with

service_plans as (
    select * from {{ ref('dim_service_plan') }}
),

final as (
    select
        service_plan_id,
        plan_name::varchar(100) as plan_name,
        plan_type::varchar(50) as plan_type,
        monthly_fee::numeric(10, 2) as monthly_fee,
        data_allowance_gb,
        voice_minutes,
        sms_allowance,
        is_active,
        created_at
    from service_plans
)

select * from final
