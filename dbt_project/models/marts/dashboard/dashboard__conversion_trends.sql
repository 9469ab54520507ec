with

days as (
    select * from {{ ref('int_shop_days__converted') }}
),

final as (
    select
        {{ hash_key("record_date::text || '|daily'") }} as id,
        record_date,
        'daily' as period_type,

        -- numbers
        purchase_count::bigint as conversions,
        ai_purchase_count::bigint as ai_attributed_conversions,

        -- timestamps
        null::timestamptz as created_at
    from days
)

select * from final
