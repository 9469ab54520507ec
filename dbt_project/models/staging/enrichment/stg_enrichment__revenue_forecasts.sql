with

predictions as (
    select * from {{ source('enrichment', 'revenue_forecasts') }}
),

fits as (
    select * from {{ ref('stg_enrichment__model_fits') }}
),

final as (
    select
        predictions.fit_id,
        predictions.month,
        predictions.point,
        predictions.lower,
        predictions.upper,
        predictions.confidence_level
    from predictions
    -- Only of fits that stand: a later one for the same day replaces what was predicted.
    inner join fits on predictions.fit_id = fits.fit_id
)

select * from final
