with

teams as (
    select * from {{ ref('stg_decisions__teams') }}
),

final as (
    select
        -- ids
        id as team_id,

        -- what it is
        name as team_name,
        company_name,
        industry,
        subscription_tier,

        -- numbers
        team_size,

        -- timestamps
        coalesce(created_at, loaded_at) as created_at,
        coalesce(updated_at, created_at, loaded_at) as updated_at
    from teams
)

select * from final
