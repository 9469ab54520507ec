with

criteria as (
    select * from {{ ref('stg_decisions__decision_criteria') }}
),

final as (
    select
        -- ids
        id as criterion_id,
        decision_id,
        created_by as created_by_member_id,

        -- what it is
        name as criterion_name,
        description as criterion_description,

        -- numbers
        weight,

        -- timestamps
        coalesce(created_at, loaded_at) as created_at
    from criteria
)

select * from final
