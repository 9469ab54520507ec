with

last_day as (
    select max(record_date) as record_date from {{ ref('int_shop_days__spined') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

activity as (
    select * from {{ ref('int_product_days__summed') }}
),

summed as (
    select
        last_day.record_date,
        products.category as category_name,
        coalesce(sum(activity.net_revenue), 0) as net_revenue,
        coalesce(sum(activity.ai_net_revenue), 0) as ai_net_revenue
    from products
    cross join last_day
    left join activity on products.product_id = activity.product_id
    where last_day.record_date is not null
    group by last_day.record_date, products.category
),

shared as (
    {{ with_percentages('summed', 'net_revenue', 'record_date', 'category_name') }}
),

final as (
    select
        {{ hash_key('category_name') }} as id,
        record_date,
        category_name,

        -- numbers
        net_revenue::double precision as revenue_amount,
        percentage::double precision as percentage,
        ai_net_revenue::double precision as ai_attributed_revenue,

        -- timestamps
        null::timestamptz as created_at
    from shared
)

select * from final
