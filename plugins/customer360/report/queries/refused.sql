select file, reason
from ops.loaded_files
where run_id = %(run)s and status = 'refused'
order by file
