with

levels as (
    select * from {{ ref('stg_shop__stock_levels') }}
),

ranked as (
    select
        levels.*,
        row_number() over (
            partition by product_id, stock_date
            -- Two counts of one day: without the identifier the level kept would be left to chance.
            order by stock_level_id desc
        ) as count_rank
    from levels
),

final as (
    select
        -- ids
        product_id,
        stock_date,
        lead(stock_date) over (partition by product_id order by stock_date) as next_stock_date,

        -- numbers
        units_on_hand
    from ranked
    where count_rank = 1
)

select * from final
