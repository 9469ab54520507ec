with

records as (
    {{ current_records('decisions', 'team_members', 'upsert', 'id') }}
),

final as (
    select
        records.id,
        records.team_id,
        records.email,
        records.name,
        records.role,
        records.expertise_areas,
        records.escalation_authority,
        records.notification_preferences,
        records.is_active,
        records.created_at,
        records.updated_at,
        records._loaded_at as loaded_at
    from records
)

select * from final
