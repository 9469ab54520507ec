with

teams as (
    select * from {{ ref('dim_team') }}
),

final as (
    select
        team_id as id,
        team_name::varchar(255) as name,
        company_name::varchar(255) as company_name,
        industry::varchar(100) as industry,
        team_size,
        subscription_tier::varchar(20) as subscription_tier,
        created_at,
        updated_at
    from teams
)

select * from final
