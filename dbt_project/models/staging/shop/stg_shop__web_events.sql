with

records as (
    {{ current_records('shop', 'web_events', 'upsert', 'event_id') }}
),

final as (
    select
        records.event_id,
        records.session_id,
        records.event_type,
        records.product_id,
        records.order_id,
        records.occurred_at,
        records._loaded_at as loaded_at
    from records
    where
        {{ is_known_by('records.occurred_at') }}
        and records.session_id in (select parents.session_id from {{ ref('stg_shop__web_sessions') }} as parents)
)

select * from final
