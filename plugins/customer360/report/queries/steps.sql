with

runs as (
    select run_id from ops.runs
    where run_id < %(run)s and kind = (select kind from ops.runs where run_id = %(run)s)
    order by run_id desc
    limit %(nights)s
),

earlier as (
    select
        step,
        array_agg(extract(epoch from finished_at - started_at)::float order by run_id) as before,
        percentile_cont(0.5) within group (order by extract(epoch from finished_at - started_at)::float) as median
    from ops.run_steps
    inner join runs using (run_id)
    where status = 'done'
    group by step
)

select steps.step, steps.status, steps.message,
    extract(epoch from coalesce(steps.finished_at, clock_timestamp()) - steps.started_at)::float as seconds,
    coalesce(earlier.before, '{}') as before, earlier.median
from ops.run_steps as steps
left join earlier using (step)
where steps.run_id = %(run)s
order by steps.started_at
