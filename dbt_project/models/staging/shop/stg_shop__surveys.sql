with

records as (
    {{ current_records('shop', 'surveys', 'upsert', 'survey_id') }}
),

final as (
    select
        records.survey_id,
        records.customer_id,
        records.answered_at,
        records.overall_satisfaction,
        records.product_match_quality,
        records.ai_helpfulness,
        records._loaded_at as loaded_at
    from records
    where {{ is_known_by('records.answered_at') }}
)

select * from final
