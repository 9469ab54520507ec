with

customers as (
    select * from {{ ref('dim_notification_customer') }}
),

actions as (
    -- What the engine recommended itself stays in the star, beside ours.
    select * from {{ ref('fct_recommended_actions') }}
    where origin <> 'source' and recommended_action is not null
),

final as (
    select
        customers.customer_id,
        actions.scenario,
        actions.recommended_action,
        actions.urgency_level,
        case
            when actions.is_follow_up_required then 'Yes'
            when not actions.is_follow_up_required then 'No'
        end as follow_up_required,
        actions.assigned_team
    from customers
    inner join actions on customers.customer_key = actions.customer_key
)

select * from final
