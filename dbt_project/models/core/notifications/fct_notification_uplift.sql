with

candidates as (
    select * from {{ ref('fct_notification_candidates') }}
),

states as (
    select * from {{ ref('fct_notification_states') }}
),

orders as (
    select * from {{ ref('fct_orders') }}
    where not is_cancelled
),

-- Who was drawn to get a message and who was drawn not to: all else has been judged before, and equally.
-- Whether a person then rejected it is left in, else the two groups would not be alike.
drawn as (
    select
        candidates.notification_type,
        candidates.customer_key,
        bool_or(states.reason = 'holdout') as is_held_out,
        bool_or(states.state = 'approved') as is_approved,
        min(candidates.drafted_date) as drawn_date
    from candidates
    inner join states on candidates.notification_candidate_key = states.notification_candidate_key
    where states.reason in ('holdout', 'passes_all_rules', 'quiet_hours', 'a_person_decided')
    group by candidates.notification_type, candidates.customer_key
),

outcomes as (
    select
        drawn.*,
        exists(
            select 1 from orders
            where
                orders.customer_key = drawn.customer_key
                and orders.order_date > drawn.drawn_date
                and orders.order_date <= drawn.drawn_date + 14
        ) as has_ordered
    from drawn
    -- Only whoever has had the 14 days.
    where drawn.drawn_date + 14 <= {{ as_of_date() }}
),

counted as (
    select
        notification_type,
        (count(*) filter (where not is_held_out))::integer as spoken_to_count,
        (count(*) filter (where is_held_out))::integer as held_out_count,
        (count(*) filter (where not is_held_out and has_ordered))::integer as spoken_to_order_count,
        (count(*) filter (where is_held_out and has_ordered))::integer as held_out_order_count
    from outcomes
    group by notification_type
    -- Without anybody approved nothing can have been sent, and without a holdout there is nothing to compare with.
    having bool_or(is_approved) and bool_or(is_held_out)
),

shares as (
    select
        *,
        spoken_to_order_count::numeric / nullif(spoken_to_count, 0) as spoken_to_share,
        held_out_order_count::numeric / held_out_count as held_out_share
    from counted
),

measured as (
    select
        *,
        spoken_to_share - held_out_share as uplift,
        -- The usual interval of a difference of shares; of small groups it would be too narrow.
        case
            when spoken_to_count >= 30 and held_out_count >= 30
                then
                    1.96 * sqrt(
                        spoken_to_share * (1 - spoken_to_share) / spoken_to_count
                        + held_out_share * (1 - held_out_share) / held_out_count
                    )
        end as margin
    from shares
),

final as (
    select
        notification_type,
        spoken_to_count,
        held_out_count,
        spoken_to_order_count,
        held_out_order_count,
        round(uplift, 4)::numeric(6, 4) as uplift,
        round(uplift - margin, 4)::numeric(6, 4) as lower_bound,
        round(uplift + margin, 4)::numeric(6, 4) as upper_bound
    from measured
)

select * from final
