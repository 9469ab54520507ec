with

payments as (
    select * from {{ ref('fct_payments') }}
),

final as (
    select
        payment_date::text as payment_date,
        description,
        amount::double precision as amount,
        payment_status as status,
        invoice_url
    from payments
)

select * from final
