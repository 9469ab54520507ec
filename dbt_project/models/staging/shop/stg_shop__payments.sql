with

records as (
    {{ current_records('shop', 'payments', 'upsert', 'payment_id') }}
),

final as (
    select
        records.payment_id,
        records.payment_date,
        records.description,
        records.amount,
        records.status,
        records.invoice_url,
        records._loaded_at as loaded_at
    from records
    where records.payment_date <= {{ as_of_date() }}
)

select * from final
