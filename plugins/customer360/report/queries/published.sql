select "schema", count(*) as tables, sum(row_count)::bigint as row_count, sum(inserted)::bigint as inserted,
    sum(updated)::bigint as updated, sum(deleted)::bigint as deleted
from ops.publishes
where run_id = %(run)s
group by 1
order by 1
