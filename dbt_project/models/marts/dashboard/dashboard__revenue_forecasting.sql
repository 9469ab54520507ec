with

forecasts as (
    select * from {{ ref('int_shop_revenue__forecast') }}
),

final as (
    select
        {{ hash_key("made_on::text || '|' || month::text") }} as id,
        made_on as record_date,
        month as forecast_date,

        -- numbers
        point::double precision as predicted_revenue,
        confidence_level::double precision as confidence_level,
        upper::double precision as upper_bound,
        lower::double precision as lower_bound,

        -- timestamps
        null::timestamptz as created_at,

        -- how good it is
        model as model_name,
        round(error::numeric, 2)::double precision as backtest_error,
        round(baseline_error::numeric, 2)::double precision as baseline_error
    from forecasts
)

select * from final
