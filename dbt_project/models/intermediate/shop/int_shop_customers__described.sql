with

customers as (
    select * from {{ ref('stg_shop__customers') }}
),

identities as (
    select * from {{ ref('int_customers__identified') }}
    where system = 'shop'
),

names as (
    select
        customer_id,
        regexp_split_to_array(nullif(trim(customer_name), ''), '\s+') as words
    from customers
),

final as (
    select
        -- ids
        customers.customer_id as shop_customer_id,
        identities.customer_key,

        -- name
        case
            when cardinality(names.words) > 1
                then names.words[1] || ' ' || upper(left(names.words[cardinality(names.words)], 1)) || '.'
            else names.words[1]
        end as short_name,

        -- timestamps
        customers.registered_at,
        {{ business_day('customers.registered_at') }} as registered_date
    from customers
    inner join names on customers.customer_id = names.customer_id
    left join identities on customers.customer_id = identities.source_customer_id
)

select * from final
