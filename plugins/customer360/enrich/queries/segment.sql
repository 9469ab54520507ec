-- One row per customer whose segment is to be decided: all whose current answer rests on other
-- features or comes from another classifier.
with customers as (
    select {features}, f.input_hash
    from intermediate.int_customer_features as f
    where mod(f.customer_key, %(shares)s) = %(share)s
)

select customers.*
from customers
left join lateral enrichment.segment_of(customers.customer_key, %(as_of_date)s) as current_answer on true
where (current_answer.input_hash, current_answer.source, current_answer.model, current_answer.prompt_version)
    is distinct from (customers.input_hash, %(source)s, %(model)s, %(prompt_version)s)
-- Who is in a batch job that has not ended is asked about already.
and not exists (
    select from ops.llm_batch_customers as asked
    inner join ops.llm_batch_jobs as jobs on asked.job_id = jobs.job_id
    where
        asked.customer_key = customers.customer_key
        and asked.input_hash = customers.input_hash
        and jobs.status in ('prepared', 'submitted')
        and ('bedrock', jobs.model, jobs.prompt_version) = (%(source)s, %(model)s, %(prompt_version)s)
)
order by customers.customer_key
