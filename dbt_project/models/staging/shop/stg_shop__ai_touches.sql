with

records as (
    {{ current_records('shop', 'ai_touches', 'upsert', 'touch_id') }}
),

final as (
    select
        records.touch_id,
        records.interaction_id,
        records.product_id,
        records.touched_at,
        records.is_clicked,
        records._loaded_at as loaded_at
    from records
    where
        {{ is_known_by('records.touched_at') }}
        and records.interaction_id in (select parents.interaction_id from {{ ref('stg_shop__ai_interactions') }} as parents)
)

select * from final
