with

records as (
    {{ current_records('notifications', 'customer_profiles', 'upsert', 'customer_id') }}
),

final as (
    select
        records.customer_id,
        records.name,
        records.age,
        records.location,
        records.preferred_channel,
        records.segment,
        records.opted_in,
        records.income_bracket,
        records.customer_since,
        records.satisfaction_score,
        records.customer_segment,
        records._loaded_at as loaded_at
    from records
)

select * from final
