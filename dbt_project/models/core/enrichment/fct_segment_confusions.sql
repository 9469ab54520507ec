with

evaluations as (
    select * from {{ ref('stg_enrichment__segment_evaluations') }}
),

cells as (
    select
        evaluations.*,
        labelled.key as label,
        answered.key as answer,
        answered.value::integer as cell_count
    from evaluations
    cross join lateral jsonb_each(evaluations.confusion) as labelled
    cross join lateral jsonb_each_text(labelled.value) as answered
),

final as (
    select
        {{ hash_key("concat_ws(':', evaluation_id, label, answer)") }} as segment_confusion_key,
        evaluation_id,
        as_of_date as evaluation_date,
        kind,
        model,
        prompt_version,
        against as compared_with,
        label,
        answer,
        cell_count as customer_count
    from cells
)

select * from final
