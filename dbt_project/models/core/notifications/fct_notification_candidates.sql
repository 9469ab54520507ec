with

drafts as (
    select * from {{ ref('stg_enrichment__notification_drafts') }}
),

states as (
    select * from {{ ref('stg_enrichment__notification_states') }}
),

customers as (
    select * from {{ ref('dim_customer') }}
),

newest_states as (
    select distinct on (draft_id) *
    from states
    -- The state_id breaks ties between changes of one day, else a rerun would leave the state kept to chance.
    order by draft_id, as_of_date desc, state_id desc
),

decisions as (
    select distinct on (draft_id)
        draft_id,
        state as decision,
        decided_by,
        decided_at
    from states
    where decided_by <> 'rules'
    order by draft_id, as_of_date desc, state_id desc
),

named as (
    select
        *,
        -- "Iyer, Zoya" is Zoya Iyer. Whoever has no name is greeted without one.
        coalesce(
            case
                when is_company then trim(customer_name)
                else
                    nullif(split_part(regexp_replace(trim(customer_name), '^([^,]+),\s*(.+)$', '\2 \1'), ' ', 1), '')
            end, 'there'
        ) as first_name
    from customers
),

final as (
    select
        -- ids
        drafts.notification_candidate_key,
        drafts.customer_key,

        -- what it is
        drafts.as_of_date as drafted_date,
        drafts.notification_type,
        drafts.is_marketing,
        drafts.channel,
        drafts.scenario,
        drafts.recommended_action,
        drafts.trigger_factors,
        drafts.urgency_level,
        drafts.assigned_team,

        -- what it says
        drafts.subject as subject_template,
        drafts.body as body_template,
        replace(drafts.subject, {{ "'{{first_name}}'" }}, named.first_name) as subject,
        replace(drafts.body, {{ "'{{first_name}}'" }}, named.first_name) as body,

        -- what may become of it
        newest_states.state,
        newest_states.reason,
        newest_states.explanation,
        newest_states.as_of_date as state_date,
        newest_states.not_before_at,
        decisions.decision,
        decisions.decided_by,
        decisions.decided_at,

        -- who worded it
        drafts.source,
        drafts.model,
        drafts.prompt_version
    from drafts
    inner join newest_states on drafts.draft_id = newest_states.draft_id
    -- When records turn out to be one person, drafts for the keys given up stay behind.
    inner join named on drafts.customer_key = named.customer_key
    left join decisions on drafts.draft_id = decisions.draft_id
)

select * from final
