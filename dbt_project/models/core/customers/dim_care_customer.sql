with

customers as (
    select * from {{ ref('stg_care__customers') }}
),

identified as (
    select * from {{ ref('int_customers__identified') }}
    where system = 'care'
),

-- A customer may take over an address before the desk delivers its old holder's change.
held as (
    select
        *,
        row_number() over (
            partition by email
            -- The id breaks ties between records of one load, else the holder would be left to chance.
            order by loaded_at desc, customer_id desc
        ) = 1 as holds_email
    from customers
),

final as (
    select
        -- ids
        held.customer_id,
        identified.customer_key,

        -- who
        held.customer_name,
        case when held.holds_email then held.email end as email,
        held.phone,

        -- the account
        held.customer_segment,
        held.status,
        held.registration_date,
        held.created_at
    from held
    left join identified on held.customer_id::{{ text_type() }} = identified.source_customer_id
)

select * from final
