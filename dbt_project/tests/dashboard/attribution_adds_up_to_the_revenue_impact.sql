with

features as (
    select
        record_date,
        round(sum(revenue_amount)::numeric, 2) as amount
    from {{ ref('dashboard__revenue_attribution') }}
    group by record_date
)

select
    overview.record_date,
    overview.revenue_impact,
    features.amount as attributed_amount
from {{ ref('dashboard__overview_kpis') }} as overview
left join features on overview.record_date = features.record_date
where round(overview.revenue_impact::numeric, 2) is distinct from features.amount
