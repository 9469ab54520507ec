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
        -- Accounts are often typed in small letters; a name with both kinds is left as it is, as in McKay.
        regexp_split_to_array(
            nullif(
                trim(
                    case
                        when customer_name in (lower(customer_name), upper(customer_name)) then initcap(customer_name)
                        else customer_name
                    end
                ),
                ''
            ),
            '\s+'
        ) as words
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
