with

interactions as (
    select * from {{ ref('fct_ai_interactions') }}
),

customers as (
    select * from {{ ref('int_shop_customers__described') }}
),

orders as (
    select * from {{ ref('fct_orders') }}
    where not is_cancelled
),

carts as (
    select
        session_id,
        max(occurred_at) as last_added_at
    from {{ ref('fct_web_events') }}
    where event_type = 'add_to_cart'
    group by session_id
),

converted as (
    select distinct interactions.interaction_id
    from interactions
    inner join orders
        on
            interactions.visitor_id = orders.visitor_id
            and orders.ai_feature_name is not null
            and orders.ordered_at between interactions.started_at and interactions.started_at + interval '7 days'
),

spend as (
    select
        shop_customer_id,
        sum(net_amount - refund_amount) as net_spend
    from orders
    group by shop_customer_id
),

-- Equal spend shares a rank, so nobody is premium by the luck of the sort.
spenders as (
    select
        shop_customer_id,
        percent_rank() over (order by net_spend) >= 2::{{ double_type() }} / 3 as is_in_top_tercile
    from spend
    where net_spend > 0
),

described as (
    select
        interactions.*,
        customers.short_name,
        converted.interaction_id is not null as is_converted,
        coalesce(carts.last_added_at >= interactions.started_at, false) as is_followed_by_cart,
        coalesce(spenders.is_in_top_tercile, false) as is_premium,
        interactions.product_count || case when interactions.product_count = 1 then ' product' else ' products' end
            as products
    from interactions
    left join customers on interactions.shop_customer_id = customers.shop_customer_id
    left join converted on interactions.interaction_id = converted.interaction_id
    left join carts on interactions.session_id = carts.session_id
    left join spenders on interactions.shop_customer_id = spenders.shop_customer_id
),

final as (
    select
        -- ids
        {{ hash_key('interaction_id') }} as id,
        interaction_id,
        started_at as interaction_date,
        interaction_type,
        shop_customer_id as customer_id,
        session_id,

        -- numbers
        response_time_sec::{{ double_type() }} as response_time_sec,
        satisfaction_native::bigint as satisfaction_score,

        -- timestamps
        null::{{ instant_type() }} as created_at,

        -- description
        short_name as customer_name,
        case
            when interaction_type = 'chat' and product_count > 0 then 'Chat about ' || products
            when interaction_type = 'chat' then 'Chat without a product'
            when interaction_type = 'questionnaire' and product_count > 0 then 'Questionnaire that led to ' || products
            when interaction_type = 'questionnaire' then 'Questionnaire without a product'
            when interaction_type = 'image' and product_count > 0 then 'Image analysis that suggested ' || products
            when interaction_type = 'image' then 'Image analysis without a product'
            when interaction_type = 'routine' and product_count > 0 then 'Routine planned with ' || products
            when interaction_type = 'routine' then 'Routine planned without a product'
        end as activity_description,
        case
            when is_converted then 'Converted'
            when is_followed_by_cart then 'High Intent'
            when is_premium then 'Premium'
            else 'Processing'
        end as status_badge,
        message_count::bigint as message_count
    from described
)

select * from final
