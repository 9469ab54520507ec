with

prices as (
    select * from {{ ref('stg_shop__price_list') }}
),

final as (
    select
        -- ids
        price_id,

        -- what it is
        plan_name,
        usage_type,
        service_name,
        valid_from as valid_from_date,

        -- numbers
        free_limit as free_limit_count,
        overage_rate,
        base_cost,
        monthly_price
    from prices
)

select * from final
