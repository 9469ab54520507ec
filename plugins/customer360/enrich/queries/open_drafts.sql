-- One row per message that waits for a person.
select
    d.draft_id, d.notification_type, d.channel, d.scenario, d.urgency_level, d.subject, d.body, last_state.state
from enrichment.notification_drafts as d
inner join lateral enrichment.state_of(d.draft_id, %(as_of_date)s) as last_state
    on last_state.state = any(%(open_states)s)
order by array_position(array['High', 'Medium', 'Low'], d.urgency_level), d.notification_type, d.draft_id
