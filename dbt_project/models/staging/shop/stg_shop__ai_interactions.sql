with

records as (
    {{ current_records('shop', 'ai_interactions', 'upsert', 'interaction_id') }}
),

final as (
    select
        records.interaction_id,
        records.interaction_type,
        records.session_id,
        records.customer_id,
        records.started_at,
        records.message_count,
        records.response_time_sec,
        records.satisfaction_score,
        records.is_resolved,
        records.query_text,
        records._loaded_at as loaded_at
    from records
    where
        {{ is_known_by('records.started_at') }}
        and records.session_id in (select parents.session_id from {{ ref('stg_shop__web_sessions') }} as parents)
)

select * from final
