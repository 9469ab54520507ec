with

members as (
    select * from {{ ref('stg_decisions__team_members') }}
),

final as (
    select
        -- ids
        id as team_member_id,
        team_id,

        -- who it is
        name as member_name,
        email,
        role,
        expertise_areas,
        notification_preferences,
        is_active,

        -- numbers
        escalation_authority,

        -- timestamps
        coalesce(created_at, loaded_at) as created_at,
        coalesce(updated_at, created_at, loaded_at) as updated_at
    from members
)

select * from final
