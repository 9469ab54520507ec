with

surveys as (
    select * from {{ ref('fct_surveys') }}
),

final as (
    select
        {{ hash_key('answer_date::text') }} as id,
        answer_date as record_date,

        -- numbers
        round(avg(overall_satisfaction_native), 2)::double precision as overall_satisfaction,
        round(avg(product_match_quality_native), 2)::double precision as product_match_quality,
        round(avg(ai_helpfulness_native), 2)::double precision as ai_helpfulness,

        -- timestamps
        null::timestamptz as created_at
    from surveys
    group by answer_date
)

select * from final
