with

samples as (
    select * from {{ ref('fct_system_samples') }}
),

newest as (
    select max(sampled_at) as sampled_at from samples
),

recent as (
    select
        date_trunc('minute', samples.sampled_at) as minute_at,
        samples.*
    from samples
    cross join newest
    where samples.sampled_at > newest.sampled_at - interval '2 hours'
),

final as (
    select
        to_char(minute_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') as recorded_at,

        -- numbers
        max(active_session_count)::bigint as active_sessions,
        round(avg(response_time_ms) filter (where component_name = 'API Gateway'))::bigint as api_response_time_ms,
        round(avg(cpu_usage_pct), 2)::double precision as cpu_usage_pct,
        round(avg(memory_usage_pct), 2)::double precision as memory_usage_pct,
        -- A sample counts the whole minute before it, so two in one minute must not be added up.
        max(conversion_count)::bigint as conversions_per_min
    from recent
    group by minute_at
)

select * from final
