with

stages as (
    select
        record_date,
        stage_order,
        "count",
        lag("count") over (partition by record_date order by stage_order) as previous_count
    from {{ ref('dashboard__conversion_funnel') }}
)

select *
from stages
where "count" > previous_count
