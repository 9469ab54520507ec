with

configurations as (
    select * from {{ ref('dim_api_configuration') }}
),

final as (
    select
        {{ hash_key('configuration_id') }} as id,
        api_type,
        api_name,
        api_url,
        -- Keys are never loaded.
        null::text as api_key,
        coalesce(status, 'active') as status,
        last_sync_at as last_sync,
        sync_frequency,

        -- timestamps
        null::timestamptz as created_at,
        null::timestamptz as updated_at
    from configurations
)

select * from final
