with

criteria as (
    select * from {{ ref('fct_decision_criteria') }}
),

final as (
    select
        criterion_id as id,
        decision_id,
        criterion_name::varchar(255) as name,
        criterion_description as description,
        weight::numeric(3, 2) as weight,
        created_by_member_id as created_by,
        created_at
    from criteria
)

select * from final
