with

interactions as (
    select * from {{ ref('fct_customer_interactions') }}
    where system = 'care'
),

final as (
    select
        interaction_id,
        customer_id,
        channel_id,
        interaction_type_id,
        agent_id::bigint as agent_id,
        session_id::varchar(50) as session_id,
        started_at as start_timestamp,
        ended_at as end_timestamp,
        duration_seconds,
        queue_seconds as queue_time_seconds,
        resolution_status::varchar(20) as resolution_status,
        satisfaction_native::numeric(3, 2) as satisfaction_score,
        interaction_summary,
        language::varchar(5) as language,
        created_at
    from interactions
)

select * from final
