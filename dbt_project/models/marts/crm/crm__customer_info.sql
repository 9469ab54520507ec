with

customers as (
    select * from {{ ref('dim_crm_customer') }}
),

final as (
    select
        customer_id,
        customer_name::varchar(255) as customer_name,
        email::varchar(255) as email,
        phone::varchar(20) as phone,
        gender::varchar(10) as gender,
        age,
        date_of_birth,
        city::varchar(100) as city,
        state::varchar(100) as state,
        country::varchar(100) as country,
        postal_code::varchar(20) as postal_code,
        join_date,
        account_status::varchar(20) as account_status,
        loyalty_points,
        last_login
    from customers
)

select * from final
