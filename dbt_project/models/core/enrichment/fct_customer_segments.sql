with

segments as (
    select * from {{ ref('stg_enrichment__customer_segments') }}
),

customers as (
    select * from {{ ref('dim_customer') }}
),

features as (
    select * from {{ ref('int_customer_features') }}
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
        segments.as_of_date,
        segments.input_hash,
        case
            when segments.input_hash = features.input_hash
                then jsonb_strip_nulls(to_jsonb(features) - 'customer_key' - 'input_hash')
        end as facts
    from segments
    -- When records turn out to be one person, answers about the keys given up stay behind.
    inner join customers on segments.customer_key = customers.customer_key
    left join features on segments.customer_key = features.customer_key
)

select * from final
