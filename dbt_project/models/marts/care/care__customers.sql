with

customers as (
    select * from {{ ref('dim_care_customer') }}
),

final as (
    select
        customer_id,
        customer_name::varchar(100) as customer_name,
        email::varchar(150) as email,
        phone::varchar(20) as phone,
        registration_date,
        customer_segment::varchar(20) as customer_segment,
        status::varchar(20) as status,
        created_at
    from customers
)

select * from final
