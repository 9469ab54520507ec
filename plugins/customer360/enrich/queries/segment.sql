-- One row per customer whose segment is to be decided: all whose current answer rests on other
-- features or comes from another classifier.
with customers as (
    select {features}, f.input_hash
    from intermediate.int_customer_features as f
    where mod(f.customer_key, %(shares)s) = %(share)s
)

select customers.*
from customers
left join lateral (
    select s.input_hash, s.source, s.model, s.prompt_version
    from enrichment.customer_segments as s
    where s.customer_key = customers.customer_key and s.as_of_date <= %(as_of_date)s and s.status in ('ok', 'abstained')
    -- two answers of one day: the later one stands
    order by s.as_of_date desc, s.result_id desc
    limit 1
) as current_answer on true
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
