-- One row per message of those asked for that still waits for a person.
select d.draft_id, d.customer_key, last_state.not_before_at
from enrichment.notification_drafts as d
inner join lateral (
    select s.state, s.not_before_at
    from enrichment.notification_states as s
    where s.draft_id = d.draft_id and s.as_of_date <= %(as_of_date)s
    order by s.as_of_date desc, s.state_id desc
    limit 1
) as last_state on last_state.state = any(%(open_states)s)
where d.draft_id = any(%(draft_ids)s)
order by d.draft_id
