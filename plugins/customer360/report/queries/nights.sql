with

runs as (
    select run_id, as_of_date from ops.runs
    where run_id <= %(run)s and kind = (select kind from ops.runs where run_id = %(run)s)
    order by run_id desc
    limit %(nights)s
)

select runs.run_id, runs.as_of_date, count(calls.call_id) as requests,
    coalesce(sum(calls.dollars), 0)::float as dollars,
    coalesce(sum(calls.input_tokens + calls.output_tokens), 0)::bigint as tokens
from runs
left join ops.llm_calls as calls using (run_id)
group by 1, 2
order by 1
