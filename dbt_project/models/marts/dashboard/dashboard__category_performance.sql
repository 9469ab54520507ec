with

days as (
    select * from {{ ref('int_shop_days__spined') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

months as (
    select
        date_trunc('month', record_date)::date as record_date,
        max(record_date) as last_date
    from days
    group by 1
),

offered as (
    select
        months.record_date,
        products.category,
        count(*) filter (
            where products.launched_date <= months.last_date or products.launched_date is null
        ) as product_count
    from months
    cross join products
    group by months.record_date, products.category
),

activity as (
    select
        date_trunc('month', activity.record_date)::date as record_date,
        products.category,
        sum(activity.view_count) as view_count,
        sum(activity.viewing_count) as viewing_count,
        sum(activity.bought_viewing_count) as bought_viewing_count,
        sum(activity.recommended_viewing_count) as recommended_viewing_count,
        sum(activity.net_revenue) as net_revenue
    from {{ ref('int_product_days__summed') }} as activity
    inner join products on activity.product_id = products.product_id
    group by 1, 2
),

final as (
    select
        {{ hash_key("offered.record_date::text || '|' || offered.category") }} as id,
        offered.record_date,
        offered.category as category_name,

        -- numbers
        offered.product_count::bigint as total_products,
        coalesce(activity.view_count, 0)::bigint as total_views,
        coalesce(activity.net_revenue, 0)::double precision as total_revenue,
        round(100.0 * activity.bought_viewing_count / nullif(activity.viewing_count, 0), 2)::double precision
            as avg_conversion_rate,
        round(100.0 * activity.recommended_viewing_count / nullif(activity.viewing_count, 0), 2)::double precision
            as ai_recommendation_rate,

        -- timestamps
        null::timestamptz as created_at
    from offered
    left join activity on offered.record_date = activity.record_date and offered.category = activity.category
)

select * from final
