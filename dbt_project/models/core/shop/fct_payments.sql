with

payments as (
    select * from {{ ref('stg_shop__payments') }}
),

final as (
    select
        -- ids
        payment_id,

        -- what it was
        description,
        status as payment_status,
        invoice_url,

        -- numbers
        amount,

        -- timestamps
        payment_date
    from payments
)

select * from final
