select gate, suite, check_name, severity, reason, observed
from ops.checks
where run_id = %(run)s and not passed
order by severity, gate, suite, check_name
