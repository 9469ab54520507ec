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

stages (stage_order, stage_name) as (
    values
    (0, 'Page Visitors'),
    (1, 'AI Interaction'),
    (2, 'Product View'),
    (3, 'Add to Cart'),
    (4, 'Purchase')
),

reached as (
    select
        days.record_date,
        stages.stage_order,
        stages.stage_name,
        coalesce(
            case stages.stage_order
                when 0 then cohorts.visited
                when 1 then cohorts.interacted
                when 2 then cohorts.viewed
                when 3 then cohorts.carted
                when 4 then cohorts.purchased
            end,
            0
        ) as reached
    from days
    cross join stages
    left join cohorts on days.record_date = cohorts.first_visit_date
),

compared as (
    select
        reached.*,
        first_value(reached) over along_the_funnel as visitor_count,
        lag(reached) over along_the_funnel as previous_reached
    from reached
    window along_the_funnel as (partition by record_date order by stage_order)
),

final as (
    select
        {{ hash_key("record_date || '|' || stage_order") }} as id,
        record_date,
        stage_name,
        stage_order::bigint as stage_order,

        -- numbers
        reached::bigint as count,
        round(100.0 * reached / nullif(visitor_count, 0), 2)::{{ double_type() }} as percentage,
        round(100.0 * (previous_reached - reached) / nullif(previous_reached, 0), 2)::{{ double_type() }} as dropoff_rate,

        -- timestamps
        null::{{ instant_type() }} as created_at
    from compared
)

select * from final
