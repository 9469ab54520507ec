-- One row per segment and priority that customers have now, and how many have them.
select
    coalesce(segments.segment, segments.status, 'none') as segment,
    coalesce(priorities.priority, 'none') as priority,
    count(*) as customers
from intermediate.int_customer_features as f
left join lateral enrichment.segment_of(f.customer_key, %(as_of_date)s) as segments on true
left join lateral enrichment.priority_of(f.customer_key, %(as_of_date)s) as priorities on true
group by 1, 2
order by 1, 2
