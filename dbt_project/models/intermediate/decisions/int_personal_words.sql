with

customers as (
    select
        customer_name,
        city
    from {{ ref('int_source_customers__unioned') }}
    -- The desk's customers are companies, whose names have words like any other; a decision's own are taken out anyway.
    where system <> 'decisions'
),

members as (
    select name as member_name from {{ ref('stg_decisions__team_members') }}
),

texts as (
    select customer_name as words from customers
    union
    select city from customers
    union
    select member_name from members
),

final as (
    select distinct lower(word) as word
    from texts
    cross join lateral regexp_split_to_table(texts.words, '[\s,.-]+') as word
    where length(word) >= 3
)

select * from final
