with

answers as (
    select * from {{ ref('stg_enrichment__customer_segment_answers') }}
    -- A question that failed says nothing: the customer stays where they were.
    where status in ('ok', 'abstained')
),

customers as (
    select * from {{ ref('dim_customer') }}
),

-- The result_id breaks ties between answers of one day, else a rerun would leave the answer kept to chance.
daily as (
    select distinct on (answers.customer_key, answers.as_of_date)
        answers.customer_key,
        answers.as_of_date,
        answers.segment
    from answers
    inner join customers on answers.customer_key = customers.customer_key
    order by answers.customer_key, answers.as_of_date, answers.result_id desc
),

compared as (
    select
        *,
        segment is distinct from lag(segment) over by_day or row_number() over by_day = 1 as is_change
    from daily
    -- There is one answer per customer and day by now, so the day needs no tie-breaker.
    window by_day as (partition by customer_key order by as_of_date)
),

changes as (
    select
        *,
        lead(as_of_date) over (partition by customer_key order by as_of_date) as next_change_date
    from compared
    where is_change
),

final as (
    select
        {{ hash_key("customer_key || ':' || as_of_date") }} as segment_membership_key,
        customer_key,
        segment,
        as_of_date as entered_date,
        next_change_date as exited_date,
        next_change_date is null as is_current
    from changes
    -- An answer that abstains ends a stretch and begins none.
    where segment is not null
)

select * from final
