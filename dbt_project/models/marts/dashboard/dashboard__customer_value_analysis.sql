with

days as (
    select * from {{ ref('int_shop_days__spined') }}
),

tiers as (
    select * from (values ('High Value'), ('Medium Value'), ('Low Value')) as tiers (tier_name)
),

spenders as (
    select * from {{ ref('int_shop_spenders__tiered') }}
),

final as (
    select
        {{ hash_key("days.record_date::text || '|' || tiers.tier_name") }} as id,
        days.record_date,
        tiers.tier_name,

        -- numbers
        coalesce(spenders.customer_count, 0)::bigint as customer_count,
        round(spenders.net_revenue / spenders.customer_count, 2)::double precision as avg_revenue,
        coalesce(spenders.net_revenue, 0)::double precision as total_revenue,

        -- timestamps
        null::timestamptz as created_at
    from days
    cross join tiers
    left join spenders on days.record_date = spenders.record_date and tiers.tier_name = spenders.tier_name
)

select * from final
