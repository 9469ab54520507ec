with

segments as (
    select
        record_date,
        count(*) as segment_count,
        sum(segment_size) as total_customers
    from {{ ref('dashboard__customer_segments') }}
    group by record_date
)

select
    overview.record_date,
    overview.total_customers,
    segments.segment_count,
    segments.total_customers as in_segments
from {{ ref('dashboard__overview_kpis') }} as overview
left join segments on overview.record_date = segments.record_date
where
    overview.total_customers is distinct from segments.total_customers
    or segments.segment_count is distinct from 4
