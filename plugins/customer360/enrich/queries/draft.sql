-- One row per customer whose action sends a message that is to be worded: all whose current draft rests on another
-- action, segment, priority, channel or other trigger factors, or comes from other templates or another model. What
-- else changes about a customer changes no word.
with customers as (
    select
        {features},
        segments.segment,
        priorities.priority,
        priorities.trigger_factors[1] as main_factor,
        priorities.trigger_factors,
        actions.scenario,
        actions.recommended_action,
        actions.urgency_level,
        actions.assigned_team,
        md5(
            concat_ws(
                '|', actions.recommended_action, actions.scenario, actions.urgency_level,
                coalesce(segments.segment, 'none'), coalesce(priorities.priority, 'none'),
                coalesce(f.preferred_channel, 'none'), array_to_string(priorities.trigger_factors, ',')
            )
        ) as input_hash
    from intermediate.int_customer_features as f
    inner join lateral enrichment.action_of(f.customer_key, %(as_of_date)s) as actions
        on actions.recommended_action = any(%(actions)s)
    left join lateral enrichment.segment_of(f.customer_key, %(as_of_date)s) as segments on true
    left join lateral enrichment.priority_of(f.customer_key, %(as_of_date)s) as priorities on true
)

select customers.*
from customers
left join lateral (
    select d.input_hash, d.source, d.model, d.prompt_version
    from enrichment.notification_drafts as d
    where d.customer_key = customers.customer_key and d.as_of_date <= %(as_of_date)s and d.status = 'ok'
    order by d.as_of_date desc, d.draft_id desc
    limit 1
) as current_draft on true
where (current_draft.input_hash, current_draft.source, current_draft.model, current_draft.prompt_version)
    is distinct from (customers.input_hash, %(source)s, %(model)s, %(prompt_version)s)
order by customers.customer_key
