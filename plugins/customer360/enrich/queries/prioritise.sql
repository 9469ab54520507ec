-- One row per customer whose priority is to be decided: all whose current answer rests on other
-- features, another segment or other rules.
with customers as (
    select
        {features},
        segments.segment,
        md5(concat_ws('|', f.input_hash, coalesce(segments.segment, 'none'))) as input_hash
    from intermediate.int_customer_features as f
    left join lateral (
        select s.segment
        from enrichment.customer_segments as s
        where s.customer_key = f.customer_key and s.as_of_date <= %(as_of_date)s and s.status in ('ok', 'abstained')
        order by s.as_of_date desc, s.result_id desc
        limit 1
    ) as segments on true
)

select customers.*
from customers
left join lateral (
    select p.input_hash, p.source, p.model, p.prompt_version
    from enrichment.customer_priorities as p
    where p.customer_key = customers.customer_key and p.as_of_date <= %(as_of_date)s and p.status in ('ok', 'abstained')
    order by p.as_of_date desc, p.result_id desc
    limit 1
) as current_answer on true
where (current_answer.input_hash, current_answer.source, current_answer.model, current_answer.prompt_version)
    is distinct from (customers.input_hash, %(source)s, %(model)s, %(prompt_version)s)
order by customers.customer_key
