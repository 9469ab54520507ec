with

evaluations as (
    select * from {{ source('enrichment', 'segment_evaluations') }}
),

final as (
    select
        evaluations.evaluation_id,
        evaluations.as_of_date,
        evaluations.kind,
        evaluations.source,
        evaluations.model,
        evaluations.prompt_version,
        evaluations.against,
        evaluations.customers,
        evaluations.left_out,
        evaluations.metrics,
        evaluations.confusion
    from evaluations
    where evaluations.as_of_date <= {{ as_of_date() }}
)

select * from final
