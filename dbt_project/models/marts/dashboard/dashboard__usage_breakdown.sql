with

usage as (
    select * from {{ ref('int_usage_months__priced') }}
),

final as (
    select
        {{ hash_key("month_start::text || '|' || usage_type") }} as id,
        month_start as record_date,
        service_name,

        -- numbers
        used_count as usage_count,
        overage_cost::double precision as cost,

        -- timestamps
        null::timestamptz as created_at,

        to_char(month_start, 'YYYY-MM') as month,
        usage_type,
        used_count as used,
        free_limit_count as free_limit,
        overage_rate::text as overage_rate,
        overage_cost::numeric(12, 2)::text as overage_cost,
        (sum(used_count) over (partition by usage_type order by month_start))::bigint as total_usage
    from usage
)

select * from final
