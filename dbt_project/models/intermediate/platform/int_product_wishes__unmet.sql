with

searches as (
    select * from {{ ref('fct_searches') }}
),

views as (
    select * from {{ ref('fct_web_events') }}
    where event_type = 'product_view'
),

levels as (
    select * from {{ ref('fct_stock_levels') }}
    where units_on_hand = 0
),

products as (
    select * from {{ ref('dim_product') }}
),

searched as (
    select
        search_date as wish_date,
        visitor_id,
        'search' as wish_kind,
        lower(regexp_replace(trim(query_text), '\s+', ' ', 'g')) as wish_name,
        category
    from searches
    where results_count = 0
),

-- Empty all day: it ran out on a day before, and what came next came later.
looked_at_in_vain as (
    select
        views.event_date as wish_date,
        views.visitor_id,
        'stock' as wish_kind,
        products.product_name as wish_name,
        products.category
    from views
    inner join levels
        on
            views.product_id = levels.product_id
            and views.event_date > levels.stock_date
            and views.event_date < coalesce(levels.next_stock_date, 'infinity')
    inner join products on views.product_id = products.product_id
),

wishes as (
    select * from searched
    -- Nothing that may name a person, an address or an order goes on: mail addresses and longer numbers.
    where wish_name <> '' and wish_name !~ '@|\d{4}'
    union all
    select * from looked_at_in_vain
),

final as (
    select distinct
        wish_date,
        visitor_id,
        wish_kind,
        wish_name,
        category
    from wishes
)

select * from final
