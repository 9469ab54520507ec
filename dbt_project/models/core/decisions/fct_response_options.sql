with

options as (
    select * from {{ ref('stg_decisions__response_options') }}
),

final as (
    select
        -- ids
        id as option_id,
        decision_id,
        created_by as created_by_member_id,

        -- what it is
        title,
        description as option_description,
        implementation_effort,
        risk_level,
        ai_generated as is_ai_generated,

        -- numbers
        financial_cost,

        -- timestamps
        coalesce(created_at, loaded_at) as created_at
    from options
)

select * from final
