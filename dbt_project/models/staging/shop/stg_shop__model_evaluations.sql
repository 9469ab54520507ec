with

records as (
    {{ current_records('shop', 'model_evaluations', 'upsert', 'evaluation_id') }}
),

final as (
    select
        records.evaluation_id,
        records.model_name,
        records.predicted_at,
        records.predicted_label,
        records.actual_label,
        records.response_time_ms,
        records._loaded_at as loaded_at
    from records
    where {{ is_known_by('records.predicted_at') }}
)

select * from final
