with

calls as (
    select * from {{ ref('stg_ops__llm_calls') }}
),

final as (
    select
        -- ids
        {{ hash_key("concat_ws(':', as_of_date, purpose, model, endpoint_kind)") }} as llm_cost_key,
        as_of_date,
        purpose,
        model,
        endpoint_kind,
        -- numbers
        count(*)::integer as call_count,
        (count(*) filter (where status = 'failed'))::integer as failed_call_count,
        (count(*) filter (where status = 'unusable'))::integer as unusable_call_count,
        sum(retries)::integer as retry_count,
        sum(answers)::bigint as answer_count,
        sum(input_tokens)::bigint as input_tokens,
        sum(output_tokens)::bigint as output_tokens,
        sum(cache_read_tokens)::bigint as cache_read_tokens,
        sum(cache_write_tokens)::bigint as cache_write_tokens,
        sum(dollars)::numeric(14, 6) as cost_dollars,
        -- A call nobody answered has no latency to speak of.
        percentile_cont(0.5) within group (order by latency_ms) filter (where status <> 'failed')
            as median_latency_ms,
        percentile_cont(0.95) within group (order by latency_ms) filter (where status <> 'failed')
            as p95_latency_ms,
        sum(fallbacks)::bigint as fallback_count
    from calls
    group by as_of_date, purpose, model, endpoint_kind
)

select * from final
