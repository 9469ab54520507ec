with

samples as (
    select * from {{ ref('stg_shop__system_samples') }}
),

final as (
    select
        -- ids
        sample_id,

        -- what it was
        component as component_name,

        -- numbers
        cpu_usage_pct,
        memory_usage_pct,
        response_time_ms,
        active_sessions as active_session_count,
        conversions as conversion_count,

        -- timestamps
        sampled_at
    from samples
)

select * from final
