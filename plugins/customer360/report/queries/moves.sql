with

answers as (
    select customer_key, segment, as_of_date, result_id, run_id
    from enrichment.customer_segments
    -- A question that failed says nothing: the customer stays where they were.
    where status in ('ok', 'abstained') and run_id <= %(run)s
),

-- The number of the result settles it between answers of one day.
after as (
    select distinct on (customer_key) customer_key, segment
    from answers
    order by customer_key, as_of_date desc, result_id desc
),

before as (
    select distinct on (customer_key) customer_key, segment
    from answers
    where run_id < %(run)s
    order by customer_key, as_of_date desc, result_id desc
)

select coalesce(before.segment, 'No segment') as left_segment, coalesce(after.segment, 'No segment') as entered_segment,
    count(*) as people
from before
inner join after using (customer_key)
where before.segment is distinct from after.segment
group by 1, 2
order by people desc, 1, 2
