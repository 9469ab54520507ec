-- One row per message of those asked for that still waits for a person.
select d.draft_id, d.customer_key, last_state.not_before_at
from enrichment.notification_drafts as d
inner join lateral enrichment.state_of(d.draft_id, %(as_of_date)s) as last_state
    on last_state.state = any(%(open_states)s)
where d.draft_id = any(%(draft_ids)s)
order by d.draft_id
