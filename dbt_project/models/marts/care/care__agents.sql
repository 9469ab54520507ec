with

agents as (
    select * from {{ ref('dim_agent') }}
),

final as (
    select
        agent_id,
        agent_name::varchar(100) as agent_name,
        employee_id::varchar(20) as employee_id,
        department::varchar(50) as department,
        skill_level::varchar(20) as skill_level,
        is_active,
        hire_date,
        created_at
    from agents
)

select * from final
