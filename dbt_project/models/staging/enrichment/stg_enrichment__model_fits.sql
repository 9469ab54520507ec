with

fits as (
    select * from {{ source('enrichment', 'model_fits') }}
    where made_on <= {{ as_of_date() }}
),

final as (
    select distinct on (fits.kind, fits.made_on)
        fits.fit_id,
        fits.kind,
        fits.made_on,
        fits.model,
        fits.status,
        fits.reason,
        fits.parameters,
        fits.metrics,
        fits.error,
        fits.baseline_error
    from fits
    -- Facts that came late are fitted again: the newest fit knows most.
    order by fits.kind, fits.made_on, fits.fit_id desc
)

select * from final
