with

readings as (
    select * from {{ ref('stg_shop__usage_events') }}
),

final as (
    select
        -- ids
        usage_event_id,

        -- what it was
        service_name,
        usage_type,

        -- numbers
        used as used_count,

        -- timestamps
        usage_date
    from readings
)

select * from final
