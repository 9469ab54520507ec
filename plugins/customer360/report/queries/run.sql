select run_id, kind, as_of_date, status, message, classifier, started_at, finished_at,
    extract(epoch from coalesce(finished_at, clock_timestamp()) - started_at)::float as seconds
from ops.runs
where run_id = %(run)s
