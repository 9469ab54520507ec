with

evaluations as (
    select * from {{ ref('fct_model_evaluations') }}
),

predictions as (
    select
        date_trunc('month', prediction_date)::date as record_date,
        model_name,
        predicted_label,
        actual_label,
        response_time_ms
    from evaluations
),

labelled as (
    select * from predictions
    where actual_label is not null
),

-- Every label counts once as said and once as true.
sides as (
    select record_date, model_name, predicted_label as label, 1 as predicted_count, 0 as actual_count, 0 as hit_count
    from labelled
    union all
    select record_date, model_name, actual_label, 0, 1, (predicted_label = actual_label)::integer
    from labelled
),

-- A label that was never said has a precision of 0, one that was never true a recall of 0.
labels as (
    select
        record_date,
        model_name,
        label,
        coalesce(sum(hit_count)::numeric / nullif(sum(predicted_count), 0), 0) as label_precision,
        coalesce(sum(hit_count)::numeric / nullif(sum(actual_count), 0), 0) as label_recall,
        2.0 * sum(hit_count) / (sum(predicted_count) + sum(actual_count)) as label_f1
    from sides
    group by record_date, model_name, label
),

averages as (
    select
        record_date,
        model_name,
        avg(label_precision) as macro_precision,
        avg(label_recall) as macro_recall,
        avg(label_f1) as macro_f1
    from labels
    group by record_date, model_name
),

models as (
    select
        record_date,
        model_name,
        avg((predicted_label = actual_label)::integer) as accuracy,
        avg(response_time_ms) as response_time_ms
    from predictions
    group by record_date, model_name
),

final as (
    select
        {{ hash_key("models.record_date::text || '|' || models.model_name") }} as id,
        models.record_date,
        models.model_name,

        -- numbers
        round(100 * models.accuracy, 2)::double precision as accuracy,
        round(100 * averages.macro_precision, 2)::double precision as "precision",
        round(100 * averages.macro_recall, 2)::double precision as recall,
        round(100 * averages.macro_f1, 2)::double precision as f1_score,
        round(models.response_time_ms)::bigint as response_time_ms,

        -- timestamps
        null::timestamptz as created_at
    from models
    inner join averages on models.record_date = averages.record_date and models.model_name = averages.model_name
)

select * from final
