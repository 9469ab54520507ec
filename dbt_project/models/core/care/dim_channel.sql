with

channels as (
    select * from {{ ref('stg_care__channels') }}
),

final as (
    select
        {{ hash_key("'care:' || channel_id") }} as channel_key,
        channel_id,
        channel_name,
        channel_type,
        is_active,
        created_at
    from channels
)

select * from final
