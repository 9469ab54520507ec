with

evaluations as (
    select * from {{ ref('stg_enrichment__segment_evaluations') }}
),

numbers as (
    select
        evaluations.*,
        metric.name as metric,
        metric.label as segment,
        metric.value,
        metric.lower,
        metric.upper
    from evaluations
    cross join lateral jsonb_to_recordset(evaluations.metrics) as metric (
        name text, label text, value numeric, lower numeric, upper numeric
    )
),

final as (
    select
        -- ids
        {{ hash_key("concat_ws(':', evaluation_id, metric, segment)") }} as segment_evaluation_key,
        evaluation_id,

        -- what was compared
        as_of_date as evaluation_date,
        kind,
        source,
        model,
        prompt_version,
        against as compared_with,
        customers as customer_count,
        left_out as left_out_count,

        -- what came out
        metric,
        segment,
        round(value, 6)::numeric(10, 6) as value,
        round(lower, 6)::numeric(10, 6) as lower_bound,
        round(upper, 6)::numeric(10, 6) as upper_bound
    from numbers
)

select * from final
