with

records as (
    {{ current_records('shop', 'searches', 'upsert', 'search_id') }}
),

final as (
    select
        records.search_id,
        records.session_id,
        records.searched_at,
        records.query_text,
        records.results_count,
        records.category,
        records._loaded_at as loaded_at
    from records
    where
        {{ is_known_by('records.searched_at') }}
        and records.session_id in (select parents.session_id from {{ ref('stg_shop__web_sessions') }} as parents)
)

select * from final
