-- One row per customer with an answer about the segment as of the day: the newest.
select distinct on (s.customer_key)
    s.customer_key, coalesce(s.segment, s.status) as answer, s.source, s.model, s.prompt_version
from enrichment.customer_segments as s
inner join intermediate.int_customer_features as f on s.customer_key = f.customer_key
where s.as_of_date <= %(as_of_date)s and s.status in ('ok', 'abstained')
-- two answers of one day: the later one stands
order by s.customer_key, s.as_of_date desc, s.result_id desc
