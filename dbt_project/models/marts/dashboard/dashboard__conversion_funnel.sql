with

days as (
    select * from {{ ref('int_shop_days__spined') }}
),

visitors as (
    select * from {{ ref('int_visitors__funnelled') }}
),

cohorts as (
    select
        first_visit_date,
        count(*) as visited,
        count(ai_interaction_at) as interacted,
        count(product_view_at) as viewed,
        count(add_to_cart_at) as carted,
        count(purchase_at) as purchased
    from visitors
    group by first_visit_date
),

stages as (
    select
        days.record_date,
        stages.stage_order,
        stages.stage_name,
        coalesce(stages.reached, 0) as reached
    from days
    left join cohorts on days.record_date = cohorts.first_visit_date
    cross join lateral (
        values
        (0, 'Page Visitors', cohorts.visited),
        (1, 'AI Interaction', cohorts.interacted),
        (2, 'Product View', cohorts.viewed),
        (3, 'Add to Cart', cohorts.carted),
        (4, 'Purchase', cohorts.purchased)
    ) as stages (stage_order, stage_name, reached)
),

compared as (
    select
        stages.*,
        first_value(reached) over along_the_funnel as visitor_count,
        lag(reached) over along_the_funnel as previous_reached
    from stages
    window along_the_funnel as (partition by record_date order by stage_order)
),

final as (
    select
        {{ hash_key("record_date::text || '|' || stage_order::text") }} as id,
        record_date,
        stage_name,
        stage_order::bigint as stage_order,

        -- numbers
        reached::bigint as count,
        round(100.0 * reached / nullif(visitor_count, 0), 2)::double precision as percentage,
        round(100.0 * (previous_reached - reached) / nullif(previous_reached, 0), 2)::double precision as dropoff_rate,

        -- timestamps
        null::timestamptz as created_at
    from compared
)

select * from final
