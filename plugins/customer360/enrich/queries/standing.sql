-- One row per segment and priority that customers have now, and how many have them.
select
    coalesce(segments.segment, segments.status, 'none') as segment,
    coalesce(priorities.priority, 'none') as priority,
    count(*) as customers
from intermediate.int_customer_features as f
left join lateral (
    select s.segment, s.status
    from enrichment.customer_segments as s
    where s.customer_key = f.customer_key and s.as_of_date <= %(as_of_date)s and s.status in ('ok', 'abstained')
    order by s.as_of_date desc, s.result_id desc
    limit 1
) as segments on true
left join lateral (
    select p.priority
    from enrichment.customer_priorities as p
    where p.customer_key = f.customer_key and p.as_of_date <= %(as_of_date)s and p.status in ('ok', 'abstained')
    order by p.as_of_date desc, p.result_id desc
    limit 1
) as priorities on true
group by 1, 2
order by 1, 2
