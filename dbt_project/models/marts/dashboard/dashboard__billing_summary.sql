with

months as (
    select * from {{ ref('int_plan_months__billed') }}
),

final as (
    select
        {{ hash_key('month_start::text') }} as id,
        month_start as billing_period_start,
        month_end as billing_period_end,
        plan_name,

        -- numbers
        base_cost::double precision as base_cost,
        usage_cost::double precision as usage_cost,
        total_cost::double precision as total_cost,
        api_call_count::bigint as api_calls,
        round(data_mb_count / 1000.0, 3)::double precision as data_processed_gb,

        -- timestamps
        null::timestamptz as created_at,

        monthly_price::double precision as monthly_price,
        (month_end + 1)::text as renewal_date,
        base_cost::double precision as subscription_amount,
        chat_cost::double precision as chat_amount,
        image_cost::double precision as image_amount,
        questionnaire_cost::double precision as questionnaire_amount,
        usage_cost::double precision as overage_amount,
        estimated_cost::double precision as total_estimated
    from months
)

select * from final
