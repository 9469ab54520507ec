with

channels as (
    select * from {{ ref('dim_channel') }}
),

final as (
    select
        channel_id,
        channel_name::varchar(50) as channel_name,
        channel_type::varchar(30) as channel_type,
        is_active,
        created_at
    from channels
)

select * from final
