with

calls as (
    select * from {{ ref('fct_api_calls') }}
),

ranked as (
    select
        calls.*,
        row_number() over (
            partition by endpoint_name, method
            -- Two records of one instant: without the identifier the address shown would be left to chance.
            order by called_at desc, call_log_id desc
        ) as call_rank
    from calls
),

recent as (
    select
        endpoint_name,
        method,
        sum(request_count) as request_count,
        sum(error_count) as error_count,
        sum(avg_response_ms * request_count) / nullif(sum(request_count) filter (where avg_response_ms is not null), 0)
            as avg_response_ms,
        sum(request_count) filter (where call_date = {{ as_of_date() }}) as daily_calls
    from calls
    where {{ is_within('call_date', 30) }}
    group by endpoint_name, method
),

final as (
    select
        {{ hash_key("newest.endpoint_name || '|' || newest.method") }} as id,
        newest.endpoint_name,
        newest.method,

        -- numbers
        coalesce(recent.request_count, 0)::bigint as request_count,
        round(recent.avg_response_ms, 2)::double precision as avg_response_ms,
        round(100.0 * recent.error_count / nullif(recent.request_count, 0), 2)::double precision as error_rate,

        -- timestamps
        newest.called_at as last_checked,
        null::timestamptz as created_at,
        null::timestamptz as updated_at,

        newest.base_url,
        round(100.0 - round(100.0 * recent.error_count / nullif(recent.request_count, 0), 2), 2)::double precision
            as success_rate,
        coalesce(recent.daily_calls, 0)::bigint as daily_calls
    from ranked as newest
    left join recent on newest.endpoint_name = recent.endpoint_name and newest.method = recent.method
    where newest.call_rank = 1
)

select * from final
