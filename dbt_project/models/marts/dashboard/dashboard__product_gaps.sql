with

days as (
    select * from {{ ref('int_shop_days__spined') }}
),

wishes as (
    select * from {{ ref('int_product_wishes__unmet') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

product_days as (
    select * from {{ ref('int_product_days__summed') }}
),

orders as (
    select * from {{ ref('fct_orders') }}
    where not is_cancelled
),

demand as (
    select
        days.record_date,
        wishes.wish_kind,
        wishes.wish_name,
        -- Of categories named equally often the first by name: mode() takes the first of its order.
        mode() within group (order by wishes.category) as category,
        count(distinct wishes.visitor_id) as visitor_count
    from days
    inner join wishes on wishes.wish_date between days.record_date - 29 and days.record_date
    group by days.record_date, wishes.wish_kind, wishes.wish_name
    -- What a single visitor typed is nobody else's business, and no demand either.
    having count(distinct wishes.visitor_id) >= 2 or wishes.wish_kind = 'stock'
),

category_days as (
    select
        product_days.record_date,
        products.category,
        sum(product_days.viewing_count) as viewing_count,
        sum(product_days.bought_viewing_count) as bought_viewing_count
    from product_days
    inner join products on product_days.product_id = products.product_id
    group by product_days.record_date, grouping sets ((products.category), ())
),

categories as (
    select distinct category from category_days
),

-- To date, by category; the row without a category is the whole shop's.
conversions as (
    select
        days.record_date,
        categories.category,
        sum(category_days.bought_viewing_count) over to_date
        / nullif(sum(category_days.viewing_count) over to_date, 0) as conversion
    from days
    cross join categories
    left join category_days
        on
            days.record_date = category_days.record_date
            and categories.category is not distinct from category_days.category
    window to_date as (partition by categories.category order by days.record_date)
),

order_days as (
    select
        order_date as record_date,
        sum(net_amount) as net_amount,
        count(*) as order_count
    from orders
    group by order_date
),

order_values as (
    select
        days.record_date,
        sum(order_days.net_amount) over to_date / sum(order_days.order_count) over to_date as avg_order_value
    from days
    left join order_days on days.record_date = order_days.record_date
    window to_date as (order by days.record_date)
),

valued as (
    select
        demand.*,
        round(demand.visitor_count * conversions.conversion * order_values.avg_order_value, 2) as potential_revenue
    from demand
    left join conversions
        on demand.record_date = conversions.record_date and demand.category is not distinct from conversions.category
    left join order_values on demand.record_date = order_values.record_date
),

ranked as (
    select
        valued.*,
        row_number() over (
            partition by record_date
            -- Equal demand and revenue are common: without the name the tenth gap would be left to chance.
            order by visitor_count desc, potential_revenue desc nulls last, wish_name, wish_kind
        ) as gap_rank
    from valued
),

final as (
    select
        {{ hash_key("record_date::text || '|' || gap_rank") }} as id,
        record_date,
        gap_rank,
        wish_name as product_name,
        category,

        -- numbers
        visitor_count::double precision as demand_score,
        potential_revenue::double precision as potential_revenue,

        -- timestamps
        null::timestamptz as created_at
    from ranked
    where gap_rank <= 10
)

select * from final
