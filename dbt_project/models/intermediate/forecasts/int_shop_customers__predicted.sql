with

fits as (
    select
        fit_id,
        made_on as valid_from,
        lead(made_on) over (order by made_on) as valid_before,
        (parameters ->> 'newcomer_clv')::numeric as newcomer_clv
    from {{ ref('stg_enrichment__model_fits') }}
    -- A month that could not be fitted leaves the fit before it standing.
    where kind = 'lifetime_value' and status = 'ok'
),

customer_values as (
    select * from {{ ref('stg_enrichment__customer_values') }}
),

buyers as (
    select
        shop_customer_id,
        min(activity_date) as first_order_date
    from {{ ref('int_shop_customer_days__summed') }}
    where order_count > 0
    group by shop_customer_id
),

final as (
    select
        -- ids
        buyers.shop_customer_id,
        fits.fit_id,

        -- numbers
        coalesce(customer_values.predicted_clv, fits.newcomer_clv) as predicted_clv,

        -- dates
        greatest(fits.valid_from, buyers.first_order_date) as valid_from,
        fits.valid_before
    from buyers
    inner join fits on buyers.first_order_date < coalesce(fits.valid_before, 'infinity')
    left join customer_values
        on fits.fit_id = customer_values.fit_id and buyers.shop_customer_id = customer_values.shop_customer_id
)

select * from final
