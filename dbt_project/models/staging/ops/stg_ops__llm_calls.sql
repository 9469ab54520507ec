with

calls as (
    select * from {{ source('ops', 'llm_calls') }}
),

runs as (
    select * from {{ source('ops', 'runs') }}
),

final as (
    select
        -- ids
        calls.call_id,
        calls.run_id,
        -- what was asked
        runs.as_of_date,
        calls.purpose,
        calls.model,
        calls.prompt_version,
        calls.endpoint_kind,
        calls.status,
        -- numbers
        calls.customers,
        calls.answers,
        calls.input_tokens,
        calls.output_tokens,
        calls.cache_read_tokens,
        calls.cache_write_tokens,
        calls.dollars,
        calls.latency_ms,
        calls.retries,
        calls.fallbacks
    from calls
    inner join runs on calls.run_id = runs.run_id
    where runs.as_of_date <= {{ as_of_date() }}
)

select * from final
