-- One row per message that waits for a person.
select
    d.draft_id, d.notification_type, d.channel, d.scenario, d.urgency_level, d.subject, d.body, last_state.state
from enrichment.notification_drafts as d
inner join lateral (
    select s.state
    from enrichment.notification_states as s
    where s.draft_id = d.draft_id and s.as_of_date <= %(as_of_date)s
    order by s.as_of_date desc, s.state_id desc
    limit 1
) as last_state on last_state.state = any(%(open_states)s)
order by array_position(array['High', 'Medium', 'Low'], d.urgency_level), d.notification_type, d.draft_id
