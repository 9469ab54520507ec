with

states as (
    select * from {{ source('enrichment', 'notification_states') }}
),

final as (
    select
        states.state_id,
        states.draft_id,
        states.customer_key,
        states.as_of_date,
        states.state,
        states.reason,
        states.explanation,
        states.not_before_at,
        states.decided_by,
        states.decided_at
    from states
    where states.as_of_date <= {{ as_of_date() }}
)

select * from final
