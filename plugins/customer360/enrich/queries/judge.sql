-- One row per drafted message whose state by the rules, as of now, is another than the ledger says. What a person
-- rejected, a newer draft replaced or the checks refused is settled and not looked at again.
with open_drafts as (
    select d.*, last_state.state as last_state, last_state.reason as last_reason
    from enrichment.notification_drafts as d
    left join lateral enrichment.state_of(d.draft_id, %(as_of_date)s) as last_state on true
    where d.as_of_date <= %(as_of_date)s
        and coalesce(last_state.state, 'new') not in ('rejected', 'superseded', 'refused')
),

known as (
    select
        d.*,
        permissions.customer_key is not null as is_known,
        coalesce(permissions.has_consent, false) as has_consent,
        coalesce(permissions.is_channel_on, true) as is_channel_on,
        case d.channel
            when 'Email' then permissions.has_email
            when 'App Push' then true
            else permissions.has_phone
        end as has_address,
        permissions.notifications_sent_7d,
        mod(('x' || left(md5('holdout:' || d.customer_key), 8))::bit(32)::bigint, 100) < %(holdout_percent)s
            as is_holdout,
        coalesce(permissions.time_zone, %(time_zone)s) as time_zone,
        %(planned_at)s at time zone coalesce(permissions.time_zone, %(time_zone)s) as planned_local,
        exists (
            select from enrichment.notification_states as s
            where s.draft_id = d.draft_id and s.as_of_date <= %(as_of_date)s
                and s.state = 'approved' and s.decided_by <> 'rules'
        ) as is_approved,
        exists (
            select from enrichment.notification_drafts as newer
            where newer.customer_key = d.customer_key and newer.status = 'ok' and newer.as_of_date <= %(as_of_date)s
                and (newer.as_of_date, newer.draft_id) > (d.as_of_date, d.draft_id)
        ) as is_replaced,
        exists (
            select from enrichment.notification_states as s
            inner join enrichment.notification_drafts as other on s.draft_id = other.draft_id
            where other.customer_key = d.customer_key and other.notification_type = d.notification_type
                and other.draft_id <> d.draft_id and s.state = 'approved' and s.decided_by <> 'rules'
                and s.as_of_date <= %(as_of_date)s and s.as_of_date > %(as_of_date)s - %(duplicate_days)s
        ) as is_duplicate,
        actions.recommended_action as current_action
    from open_drafts as d
    left join intermediate.int_customer_permissions__merged as permissions on d.customer_key = permissions.customer_key
    left join lateral enrichment.action_of(d.customer_key, %(as_of_date)s) as actions on true
),

timed as (
    select
        *,
        extract(hour from planned_local) >= %(quiet_from)s or extract(hour from planned_local) < %(quiet_until)s
            as is_quiet,
        (
            planned_local::date + (extract(hour from planned_local) >= %(quiet_until)s)::integer
            + make_interval(hours => %(quiet_until)s)
        ) at time zone time_zone as quiet_until_at
    from known
),

-- The first reason that holds counts. Consent and the channel outweigh what a person approved.
judged as (
    select
        *,
        case
            when status <> 'ok' then 'wording'
            when not is_known then 'unknown_customer'
            when is_marketing and not has_consent then 'no_consent'
            when not is_channel_on then 'channel_off'
            when not has_address then 'no_address'
            when is_approved then 'a_person_decided'
            when is_replaced then 'newer_draft'
            when current_action is distinct from recommended_action then 'other_action'
            when is_duplicate then 'duplicate'
            when notifications_sent_7d >= %(most_in_7_days)s then 'frequency_cap'
            when is_holdout then 'holdout'
            when is_quiet then 'quiet_hours'
            else 'passes_all_rules'
        end as new_reason
    from timed
),

stated as (
    select
        *,
        case new_reason
            when 'wording' then 'refused'
            when 'unknown_customer' then 'withdrawn'
            when 'a_person_decided' then 'approved'
            when 'newer_draft' then 'superseded'
            when 'other_action' then 'withdrawn'
            when 'quiet_hours' then 'deferred'
            when 'passes_all_rules' then 'drafted'
            else 'suppressed'
        end as new_state
    from judged
),

final as (
    select
        draft_id,
        customer_key,
        new_state as state,
        new_reason as reason,
        case new_reason
            when 'wording' then reason
            when 'unknown_customer' then 'The customer is no longer known under this key.'
            when 'no_consent' then 'There is no consent to marketing in every system that asks for it.'
            when 'channel_off' then 'The customer has switched notifications off.'
            when 'no_address' then format('No address is known for %%s.', channel)
            when 'a_person_decided' then 'A person approved it, and it may still go out.'
            when 'newer_draft' then 'A newer draft for this customer takes its place.'
            when 'other_action' then 'Another action is recommended for the customer by now.'
            when 'duplicate' then format('A %%s was approved for the customer less than %%s days ago.',
                lower(notification_type), %(duplicate_days)s)
            when 'frequency_cap' then format('The customer got %%s notifications within 7 days; %%s is the most.',
                notifications_sent_7d, %(most_in_7_days)s)
            when 'holdout' then 'The customer is in the group that never gets a message, to compare with.'
            when 'quiet_hours' then format('It would be %%s in %%s; messages go out from %%s:00 to %%s:00.',
                to_char(planned_local, 'HH24:MI'), time_zone, %(quiet_until)s, %(quiet_from)s)
            else 'Nothing stands against it; nobody has decided yet.'
        end as explanation,
        case
            when new_state = 'deferred' or (new_state = 'approved' and is_quiet) then quiet_until_at
            when new_state in ('drafted', 'approved') then %(planned_at)s
        end as not_before_at,
        last_state,
        last_reason
    from stated
)

select draft_id, customer_key, state, reason, explanation, not_before_at
from final
-- A time that moves on by a day every night is no change of state.
where (state, reason) is distinct from (last_state, last_reason)
order by draft_id
