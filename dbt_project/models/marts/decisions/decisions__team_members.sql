with

members as (
    select * from {{ ref('dim_team_member') }}
),

final as (
    select
        team_member_id as id,
        team_id,
        email::varchar(255) as email,
        member_name::varchar(255) as name,
        -- The hash never enters the warehouse.
        'redacted'::varchar(255) as password_hash,
        role::varchar(50) as role,
        expertise_areas,
        escalation_authority,
        notification_preferences,
        is_active,
        created_at,
        updated_at
    from members
)

select * from final
