with

fits as (
    select * from {{ ref('stg_enrichment__model_fits') }}
    where kind = 'revenue'
),

forecasts as (
    select * from {{ ref('stg_enrichment__revenue_forecasts') }}
),

final as (
    select
        -- ids
        fits.fit_id,

        -- dates
        fits.made_on,
        forecasts.month,

        -- numbers
        forecasts.point,
        forecasts.lower,
        forecasts.upper,
        forecasts.confidence_level,

        -- how good it is
        fits.model,
        fits.error,
        fits.baseline_error
    from fits
    inner join forecasts on fits.fit_id = forecasts.fit_id
)

select * from final
