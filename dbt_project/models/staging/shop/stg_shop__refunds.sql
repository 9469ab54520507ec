with

records as (
    {{ current_records('shop', 'refunds', 'upsert', 'refund_id') }}
),

final as (
    select
        records.refund_id,
        records.order_line_id,
        records.refunded_at,
        records.refund_amount,
        records.refund_reason,
        records._loaded_at as loaded_at
    from records
    where
        {{ is_known_by('records.refunded_at') }}
        and records.order_line_id in (select parents.order_line_id from {{ ref('stg_shop__order_lines') }} as parents)
)

select * from final
