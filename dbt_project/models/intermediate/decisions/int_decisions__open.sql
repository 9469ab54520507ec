with

decisions as (
    select * from {{ ref('stg_decisions__customer_decisions') }}
    where status is distinct from 'resolved' and status is distinct from 'cancelled'
),

members as (
    select * from {{ ref('stg_decisions__team_members') }}
),

options as (
    select
        decision_id,
        count(*)::integer as proposed_options
    from {{ ref('stg_decisions__response_options') }}
    group by decision_id
),

facts as (
    select
        -- ids
        decisions.id as decision_id,
        -- what the desk wrote
        decisions.title,
        decisions.description as decision_description,
        decisions.decision_type,
        decisions.urgency_level,
        decisions.customer_tier,
        decisions.relationship_duration_months as relationship_months,
        -- numbers
        round(abs(decisions.financial_impact) / nullif(abs(decisions.customer_value), 0), 2) as impact_share,
        coalesce(options.proposed_options, 0) as proposed_options,
        coalesce({{ business_day('decisions.expected_resolution_date') }} < {{ as_of_date() }}, false) as is_overdue
    from decisions
    left join options on decisions.id = options.decision_id
),

final as (
    select
        facts.*,
        md5(facts::text) as input_hash,
        -- Who it is about and who wrote it; no part of the facts, and taken out of the texts that leave.
        array_remove(
            array[
                decisions.customer_name, decisions.customer_id, decisions.customer_email, members.name, members.email
            ],
            null
        ) as personal_values
    from facts
    inner join decisions on facts.decision_id = decisions.id
    left join members on decisions.created_by = members.id
)

select * from final
