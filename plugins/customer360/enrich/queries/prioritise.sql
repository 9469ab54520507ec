-- One row per customer whose priority is to be decided: all whose current answer rests on other
-- features, another segment or other rules.
with customers as (
    select
        {features},
        segments.segment,
        md5(concat_ws('|', f.input_hash, coalesce(segments.segment, 'none'))) as input_hash
    from intermediate.int_customer_features as f
    left join lateral enrichment.segment_of(f.customer_key, %(as_of_date)s) as segments on true
)

select customers.*
from customers
left join lateral enrichment.priority_of(customers.customer_key, %(as_of_date)s) as current_answer on true
where (current_answer.input_hash, current_answer.source, current_answer.model, current_answer.prompt_version)
    is distinct from (customers.input_hash, %(source)s, %(model)s, %(prompt_version)s)
order by customers.customer_key
