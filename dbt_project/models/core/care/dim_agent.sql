with

agents as (
    select * from {{ ref('stg_care__agents') }}
),

final as (
    select
        {{ hash_key("'care:' || agent_id") }} as agent_key,
        agent_id,
        agent_name,
        employee_id,
        department,
        skill_level,
        is_active,
        hire_date,
        created_at
    from agents
)

select * from final
