with

predictions as (
    select * from {{ source('enrichment', 'customer_values') }}
),

fits as (
    select * from {{ ref('stg_enrichment__model_fits') }}
),

final as (
    select
        predictions.fit_id,
        predictions.shop_customer_id,
        predictions.predicted_purchases,
        predictions.predicted_clv,
        predictions.current_clv
    from predictions
    -- Only of fits that stand: a later one for the same day replaces what was predicted.
    inner join fits on predictions.fit_id = fits.fit_id
)

select * from final
