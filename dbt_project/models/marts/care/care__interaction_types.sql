with

interaction_types as (
    select * from {{ ref('dim_interaction_type') }}
),

final as (
    select
        interaction_type_id,
        interaction_code::varchar(20) as interaction_code,
        interaction_name::varchar(100) as interaction_name,
        category::varchar(50) as category,
        priority_level::varchar(20) as priority_level,
        is_active,
        created_at
    from interaction_types
)

select * from final
