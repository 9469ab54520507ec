with

readings as (
    select
        usage_type,
        sum(used_count) as units
    from {{ ref('fct_usage') }}
    group by usage_type
),

months as (
    select
        usage_type,
        sum(used) as units,
        max(total_usage) as total_usage
    from {{ ref('dashboard__usage_breakdown') }}
    group by usage_type
)

select
    coalesce(readings.usage_type, months.usage_type) as usage_type,
    readings.units as units_read,
    months.units as units_in_months,
    months.total_usage
from readings
full join months on readings.usage_type = months.usage_type
where
    coalesce(readings.units, 0) is distinct from months.units
    or months.units is distinct from months.total_usage
