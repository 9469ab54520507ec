with

evaluations as (
    select * from {{ ref('fct_model_evaluations') }}
),

segment_evaluations as (
    select * from {{ ref('fct_segment_evaluations') }}
    -- What a generator meant is no label, and agreeing with oneself no accuracy.
    where kind = 'golden' and segment is null
),

-- The newest comparison of a month counts; a later one on the same day has the higher number.
newest_evaluations as (
    select distinct on (date_trunc('month', evaluation_date), source, model, prompt_version)
        evaluation_id,
        date_trunc('month', evaluation_date)::date as record_date,
        'Customer segments: ' || concat_ws(' ', source, nullif(model, 'scorecard'), prompt_version) as model_name
    from segment_evaluations
    order by
        date_trunc('month', evaluation_date), source, model, prompt_version, evaluation_date desc, evaluation_id desc
),

our_segments as (
    select
        newest_evaluations.record_date,
        newest_evaluations.model_name,
        max(segment_evaluations.value) filter (where segment_evaluations.metric = 'accuracy') as accuracy,
        max(segment_evaluations.value) filter (where segment_evaluations.metric = 'macro_precision') as macro_precision,
        max(segment_evaluations.value) filter (where segment_evaluations.metric = 'macro_recall') as macro_recall,
        max(segment_evaluations.value) filter (where segment_evaluations.metric = 'macro_f1') as macro_f1
    from newest_evaluations
    inner join segment_evaluations on newest_evaluations.evaluation_id = segment_evaluations.evaluation_id
    group by newest_evaluations.record_date, newest_evaluations.model_name
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
    select
        record_date,
        model_name,
        predicted_label as label,
        1 as predicted_count,
        0 as actual_count,
        0 as hit_count
    from labelled
    union all
    select
        record_date,
        model_name,
        actual_label,
        0,
        1,
        (predicted_label = actual_label)::integer
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

unioned as (
    select
        models.record_date,
        models.model_name,
        models.accuracy,
        averages.macro_precision,
        averages.macro_recall,
        averages.macro_f1,
        models.response_time_ms
    from models
    inner join averages on models.record_date = averages.record_date and models.model_name = averages.model_name
    union all
    select
        record_date,
        model_name,
        accuracy,
        macro_precision,
        macro_recall,
        macro_f1,
        null
    from our_segments
),

final as (
    select
        {{ hash_key("record_date::text || '|' || model_name") }} as id,
        record_date,
        model_name,

        -- numbers
        round(100 * accuracy, 2)::double precision as accuracy,
        round(100 * macro_precision, 2)::double precision as "precision",
        round(100 * macro_recall, 2)::double precision as recall,
        round(100 * macro_f1, 2)::double precision as f1_score,
        round(response_time_ms)::bigint as response_time_ms,

        -- timestamps
        null::timestamptz as created_at
    from unioned
)

select * from final
