with

segments as (
    select * from {{ ref('stg_enrichment__customer_segments') }}
),

customers as (
    select * from {{ ref('dim_customer') }}
),

final as (
    select
        segments.customer_key,
        segments.segment,
        segments.score,
        segments.contributions,
        segments.reason,
        segments.status,
        segments.source,
        segments.model,
        segments.prompt_version,
        segments.as_of_date
    from segments
    -- When records turn out to be one person, answers about the keys given up stay behind.
    inner join customers on segments.customer_key = customers.customer_key
)

select * from final
