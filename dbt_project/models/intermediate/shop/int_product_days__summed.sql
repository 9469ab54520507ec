with

events as (
    select * from {{ ref('fct_web_events') }}
    where event_type = 'product_view' and product_id is not null
),

touches as (
    select * from {{ ref('fct_ai_touches') }}
),

orders as (
    select * from {{ ref('fct_orders') }}
    where not is_cancelled
),

order_lines as (
    select * from {{ ref('fct_order_lines') }}
    where not is_cancelled
),

refunds as (
    select * from {{ ref('fct_refunds') }}
    where not is_order_cancelled
),

-- One product seen in one visit, on one day where the visit goes on past midnight.
viewings as (
    select
        event_date,
        session_id,
        product_id,
        count(*) as view_count,
        max(occurred_at) as last_viewed_at
    from events
    group by event_date, session_id, product_id
),

recommended as (
    select
        session_id,
        product_id,
        min(touched_at) as first_touched_at
    from touches
    group by session_id, product_id
),

bought as (
    select distinct
        orders.session_id,
        order_lines.product_id
    from order_lines
    inner join orders on order_lines.order_id = orders.order_id
    where orders.session_id is not null
),

activity as (
    select
        viewings.event_date as record_date,
        viewings.product_id,
        viewings.view_count,
        1 as viewing_count,
        (bought.session_id is not null)::integer as bought_viewing_count,
        coalesce(recommended.first_touched_at <= viewings.last_viewed_at, false)::integer as recommended_viewing_count,
        0 as recommendation_count,
        0 as unit_count,
        0 as net_revenue,
        0 as ai_net_revenue
    from viewings
    left join bought on viewings.session_id = bought.session_id and viewings.product_id = bought.product_id
    left join recommended
        on viewings.session_id = recommended.session_id and viewings.product_id = recommended.product_id
    union all
    select
        touch_date,
        product_id,
        0,
        0,
        0,
        0,
        1,
        0,
        0,
        0
    from touches
    union all
    select
        order_lines.order_date,
        order_lines.product_id,
        0,
        0,
        0,
        0,
        0,
        order_lines.quantity,
        order_lines.net_amount,
        case when orders.ai_feature_name is not null then order_lines.net_amount else 0 end
    from order_lines
    inner join orders on order_lines.order_id = orders.order_id
    union all
    -- A refund counts on its own day, whenever the order was.
    select
        refund_date,
        product_id,
        0,
        0,
        0,
        0,
        0,
        0,
        -refund_amount,
        case when ai_feature_name is not null then -refund_amount else 0 end
    from refunds
),

final as (
    select
        record_date,
        product_id,
        sum(view_count)::bigint as view_count,
        sum(viewing_count)::bigint as viewing_count,
        sum(bought_viewing_count)::bigint as bought_viewing_count,
        sum(recommended_viewing_count)::bigint as recommended_viewing_count,
        sum(recommendation_count)::bigint as recommendation_count,
        sum(unit_count)::bigint as unit_count,
        sum(net_revenue)::numeric(14, 2) as net_revenue,
        sum(ai_net_revenue)::numeric(14, 2) as ai_net_revenue
    from activity
    group by record_date, product_id
)

select * from final
