with

records as (
    {{ current_records('decisions', 'teams', 'upsert', 'id') }}
),

final as (
    select
        records.id,
        records.name,
        records.company_name,
        records.industry,
        records.team_size,
        records.subscription_tier,
        records.created_at,
        records.updated_at,
        records._loaded_at as loaded_at
    from records
)

select * from final
