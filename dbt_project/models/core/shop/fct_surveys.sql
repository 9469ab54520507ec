with

surveys as (
    select * from {{ ref('stg_shop__surveys') }}
),

customers as (
    select * from {{ ref('int_shop_customers__described') }}
),

final as (
    select
        -- ids
        surveys.survey_id,
        surveys.customer_id as shop_customer_id,
        customers.customer_key,

        -- numbers
        surveys.overall_satisfaction as overall_satisfaction_native,
        surveys.product_match_quality as product_match_quality_native,
        surveys.ai_helpfulness as ai_helpfulness_native,
        '1..5' as satisfaction_scale,

        -- timestamps
        surveys.answered_at,
        {{ business_day('surveys.answered_at') }} as answer_date
    from surveys
    left join customers on surveys.customer_id = customers.shop_customer_id
)

select * from final
