with

options as (
    select * from {{ ref('fct_response_options') }}
),

final as (
    select
        option_id as id,
        decision_id,
        title::varchar(500) as title,
        option_description as description,
        financial_cost::numeric(12, 2) as financial_cost,
        implementation_effort::varchar(20) as implementation_effort,
        risk_level::varchar(20) as risk_level,
        is_ai_generated as ai_generated,
        created_by_member_id as created_by,
        created_at
    from options
)

select * from final
