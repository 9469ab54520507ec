with

records as (
    {{ current_records('decisions', 'auth_tokens', 'upsert', 'id') }}
),

final as (
    select
        records.id,
        records.user_id,
        records.expires_at,
        records.created_at,
        records._loaded_at as loaded_at
    from records
)

select * from final
