with

customers as (
    select * from {{ ref('stg_shop__customers') }}
),

identities as (
    select * from {{ ref('int_customers__identified') }}
    where system = 'shop'
),

written_names as (
    select
        customer_id,
        -- Accounts are often typed in small letters; a name with both kinds is left as it is, as in McKay.
        case
            when customer_name in (lower(customer_name), upper(customer_name)) then {{ capitalised('customer_name') }}
            else customer_name
        end as customer_name
    from customers
),

names as (
    select
        customer_id,
        {{ single_spaced("nullif(trim(customer_name), '')") }} as full_name
    from written_names
),

final as (
    select
        -- ids
        customers.customer_id as shop_customer_id,
        identities.customer_key,

        -- name
        case
            when names.full_name like '% %'
                then split_part(names.full_name, ' ', 1) || ' ' || upper(left(split_part(names.full_name, ' ', -1), 1)) || '.'
            else names.full_name
        end as short_name,

        -- timestamps
        customers.registered_at,
        {{ business_day('customers.registered_at') }} as registered_date
    from customers
    inner join names on customers.customer_id = names.customer_id
    left join identities on customers.customer_id = identities.source_customer_id
)

select * from final
