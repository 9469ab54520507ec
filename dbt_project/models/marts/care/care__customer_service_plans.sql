with

periods as (
    select * from {{ ref('fct_service_plan_periods') }}
),

final as (
    select
        customer_service_plan_id,
        customer_id,
        service_plan_id,
        start_date,
        end_date,
        is_active,
        created_at
    from periods
)

select * from final
