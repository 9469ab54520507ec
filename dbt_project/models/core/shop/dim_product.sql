with

products as (
    select * from {{ ref('stg_shop__products') }}
),

final as (
    select
        -- ids
        product_id,

        -- what it is
        product_name,
        category,
        is_active,
        launched_on as launched_date,

        -- numbers
        unit_price::numeric(12, 2) as list_price
    from products
)

select * from final
