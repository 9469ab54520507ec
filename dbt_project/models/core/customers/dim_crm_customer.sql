with

customers as (
    select * from {{ ref('stg_crm__customer_info') }}
),

identified as (
    select * from {{ ref('int_customers__identified') }}
    where system = 'crm'
),

-- A customer may take over a number before the CRM delivers its old holder's change.
held as (
    select
        *,
        row_number() over (
            partition by phone
            -- The id breaks ties between records of one load, else the holder would be left to chance.
            order by loaded_at desc, customer_id desc
        ) = 1 as holds_phone
    from customers
),

final as (
    select
        -- ids
        held.customer_id,
        identified.customer_key,

        -- who
        held.customer_name,
        held.email,
        case when held.holds_phone then held.phone end as phone,
        held.gender,
        held.age,
        held.date_of_birth,
        held.city,
        held.state,
        held.country,
        held.postal_code,

        -- the account
        held.join_date,
        held.account_status,
        held.loyalty_points,
        held.last_login
    from held
    left join identified on held.customer_id::text = identified.source_customer_id
)

select * from final
