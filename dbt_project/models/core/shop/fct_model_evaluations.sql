with

evaluations as (
    select * from {{ ref('stg_shop__model_evaluations') }}
),

final as (
    select
        -- ids
        evaluation_id,

        -- what it was
        model_name,
        predicted_label,
        actual_label,

        -- numbers
        response_time_ms,

        -- timestamps
        predicted_at,
        {{ business_day('predicted_at') }} as prediction_date
    from evaluations
)

select * from final
