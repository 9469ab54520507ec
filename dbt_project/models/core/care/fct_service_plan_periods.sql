with

periods as (
    select * from {{ ref('stg_care__customer_service_plans') }}
),

identified as (
    select * from {{ ref('int_customers__identified') }}
    where system = 'care'
),

final as (
    select
        -- ids
        {{ hash_key("'care:' || periods.customer_service_plan_id") }} as service_plan_period_key,
        identified.customer_key,
        {{ hash_key("'care:' || periods.service_plan_id") }} as service_plan_key,
        periods.customer_service_plan_id,
        periods.customer_id,
        periods.service_plan_id,

        -- the period
        periods.start_date,
        periods.end_date,
        periods.is_active,
        periods.created_at
    from periods
    left join identified on periods.customer_id::{{ text_type() }} = identified.source_customer_id
)

select * from final
