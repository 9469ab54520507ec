with

records as (
    {{ current_records('care', 'agents', 'upsert', 'agent_id') }}
),

final as (
    select
        records.agent_id,
        records.agent_name,
        records.employee_id,
        records.department,
        records.skill_level,
        records.is_active,
        records.hire_date,
        records.created_at,
        records._loaded_at as loaded_at
    from records
)

select * from final
