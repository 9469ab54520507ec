with

states as (
    select * from {{ ref('stg_enrichment__notification_states') }}
),

drafts as (
    select * from {{ ref('stg_enrichment__notification_drafts') }}
),

candidates as (
    select * from {{ ref('fct_notification_candidates') }}
),

numbered as (
    select
        drafts.notification_candidate_key,
        states.*,
        -- The state_id has gaps where a night was cut off, so the order counts and not the number.
        row_number() over (partition by states.draft_id order by states.as_of_date, states.state_id)::integer
            as change_number
    from states
    inner join drafts on states.draft_id = drafts.draft_id
    inner join candidates on drafts.notification_candidate_key = candidates.notification_candidate_key
),

final as (
    select
        notification_candidate_key,
        change_number,
        as_of_date as state_date,
        state,
        reason,
        explanation,
        not_before_at,
        decided_by,
        -- Rules decide whenever they run, so a night that is repeated would change the time and nothing else.
        case when decided_by <> 'rules' then decided_at end as decided_at
    from numbered
)

select * from final
