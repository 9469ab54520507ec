select rejected.reasons[1] as reason, count(*) as records
from quarantine.rejected_records as rejected
inner join ops.loaded_files as files using (load_id)
where files.run_id = %(run)s
group by 1
