with

days as (
    select * from {{ ref('int_shop_days__spined') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

activity as (
    select * from {{ ref('int_product_days__summed') }}
),

final as (
    select
        {{ hash_key("days.record_date::text || '|' || products.product_id") }} as id,
        days.record_date,
        products.product_id,
        products.product_name,
        products.category,

        -- numbers
        coalesce(activity.view_count, 0)::bigint as views,
        coalesce(activity.recommendation_count, 0)::bigint as ai_recommendations,
        coalesce(activity.unit_count, 0)::bigint as purchases,
        coalesce(activity.net_revenue, 0)::double precision as revenue,
        round(100.0 * activity.bought_viewing_count / nullif(activity.viewing_count, 0), 2)::double precision
            as conversion_rate,

        -- timestamps
        null::timestamptz as created_at,
        null::timestamptz as updated_at
    from days
    cross join products
    left join activity on days.record_date = activity.record_date and products.product_id = activity.product_id
    -- Before its launch only what happened all the same, as with a pre-order.
    where
        days.record_date >= products.launched_date
        or products.launched_date is null
        or activity.product_id is not null
)

select * from final
