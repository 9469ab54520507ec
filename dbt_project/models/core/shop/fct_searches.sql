with

searches as (
    select * from {{ ref('stg_shop__searches') }}
),

sessions as (
    select * from {{ ref('fct_web_sessions') }}
),

final as (
    select
        -- ids
        searches.search_id,
        searches.session_id,
        sessions.visitor_id,
        sessions.customer_key,

        -- what it was
        searches.category,
        searches.query_text,

        -- numbers
        searches.results_count,

        -- timestamps
        searches.searched_at,
        {{ business_day('searches.searched_at') }} as search_date
    from searches
    inner join sessions on searches.session_id = sessions.session_id
)

select * from final
