with

waiting as (
    select files.system, count(*) as waiting
    from quarantine.waiting_records as records
    inner join ops.loaded_files as files using (load_id)
    where files.run_id = %(run)s
    group by 1
)

select files.system, count(*) as files, coalesce(sum(records), 0)::bigint as records,
    coalesce(sum(loaded), 0)::bigint as loaded, coalesce(sum(quarantined), 0)::bigint as quarantined,
    coalesce(max(waiting.waiting), 0)::bigint as waiting
from ops.loaded_files as files
left join waiting using (system)
where files.run_id = %(run)s and files.status = 'loaded'
group by files.system
order by records desc, files.system
