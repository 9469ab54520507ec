with

configurations as (
    select * from {{ ref('stg_shop__api_configurations') }}
),

final as (
    select
        -- ids
        configuration_id,

        -- what it is
        api_type,
        api_name,
        api_url,
        status,
        sync_frequency,

        -- timestamps
        last_sync as last_sync_at
    from configurations
)

select * from final
