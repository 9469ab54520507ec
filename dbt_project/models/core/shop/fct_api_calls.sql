with

calls as (
    select * from {{ ref('stg_shop__api_calls') }}
),

final as (
    select
        -- ids
        call_log_id,

        -- what it was
        endpoint_name,
        method,
        base_url,

        -- numbers
        request_count,
        error_count,
        avg_response_ms,

        -- timestamps
        called_at,
        {{ business_day('called_at') }} as call_date
    from calls
)

select * from final
