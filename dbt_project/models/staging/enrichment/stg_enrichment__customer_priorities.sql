with

answers as (
    select * from {{ ref('stg_enrichment__customer_priority_answers') }}
),

final as (
    select distinct on (customer_key) *
    from answers
    -- A question that failed leaves the last answer standing. The result_id breaks ties between answers of one day,
    -- else a rerun would leave the answer kept to chance.
    order by customer_key, (status in ('ok', 'abstained')) desc, as_of_date desc, result_id desc
)

select * from final
