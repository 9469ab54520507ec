with

samples as (
    select * from {{ ref('fct_system_samples') }}
),

systems as (
    select * from {{ ref('int_systems__delivered') }}
),

ranked as (
    select
        samples.*,
        max(sampled_at) over () as newest_sampled_at,
        row_number() over (
            partition by component_name
            -- Two samples of one instant: without the identifier the one shown would be left to chance.
            order by sampled_at desc, sample_id desc
        ) as sample_rank
    from samples
),

-- A component that stopped sending samples is not healthy because its last one was.
components as (
    select
        sampled_at as record_date,
        component_name as system_component,
        case
            when response_time_ms is null or response_time_ms >= 5000 then 'down'
            when sampled_at < newest_sampled_at - interval '15 minutes' then 'down'
            when response_time_ms >= 1000 or cpu_usage_pct >= 85 or memory_usage_pct >= 90 then 'degraded'
            else 'healthy'
        end as status,
        cpu_usage_pct as cpu_usage,
        memory_usage_pct as memory_usage,
        response_time_ms
    from ranked
    where sample_rank = 1
),

loads as (
    select
        ({{ as_of_date() }} + 1)::timestamp at time zone '{{ var("business_time_zone") }}' as record_date,
        'Load: ' || system_name as system_component,
        case
            when loaded_file_count = 0 then 'down'
            when refused_file_count > 0 then 'degraded'
            else 'healthy'
        end as status,
        null::numeric as cpu_usage,
        null::numeric as memory_usage,
        null::integer as response_time_ms
    from systems
),

parts as (
    select * from components
    union all
    select * from loads
),

final as (
    select
        {{ hash_key('system_component') }} as id,
        record_date,
        system_component,
        status,

        -- numbers
        cpu_usage::double precision as cpu_usage,
        memory_usage::double precision as memory_usage,
        response_time_ms::bigint as response_time_ms,

        -- timestamps
        null::timestamptz as created_at
    from parts
)

select * from final
