with

mixes as (
    select run_id, summary -> 'segments' as segments
    from ops.run_steps
    where step = 'enrich' and status = 'done' and run_id <= %(run)s
),

now as (
    select entry.key as segment, entry.value::bigint as people
    from mixes cross join jsonb_each_text(segments) as entry
    where run_id = %(run)s
),

before as (
    select entry.key as segment, entry.value::bigint as people
    from mixes cross join jsonb_each_text(segments) as entry
    where run_id = (select max(run_id) from mixes where run_id < %(run)s)
)

select case segment when 'abstained' then 'No segment' else segment end as segment,
    coalesce(now.people, 0) as people, before.people as people_before
from now full join before using (segment)
order by segment = 'abstained', segment
