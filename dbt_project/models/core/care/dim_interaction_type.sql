with

interaction_types as (
    select * from {{ ref('stg_care__interaction_types') }}
),

final as (
    select
        {{ hash_key("'care:' || interaction_type_id") }} as interaction_type_key,
        interaction_type_id,
        interaction_code,
        interaction_name,
        category,
        priority_level,
        is_active,
        created_at
    from interaction_types
)

select * from final
