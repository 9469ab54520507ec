with

days as (
    select * from {{ ref('int_shop_days__spined') }}
),

features as (
    select {{ ai_feature_name('types.interaction_type') }} as feature_name
    from (values ('chat'), ('questionnaire'), ('image'), ('routine')) as types (interaction_type)
),

revenue as (
    select * from {{ ref('int_ai_revenue__summed') }}
),

filled as (
    select
        days.record_date,
        features.feature_name,
        coalesce(revenue.net_revenue, 0) as net_revenue
    from days
    cross join features
    left join revenue on days.record_date = revenue.record_date and features.feature_name = revenue.feature_name
),

shared as (
    {{ with_percentages('filled', 'net_revenue', 'record_date', 'feature_name') }}
),

final as (
    select
        {{ hash_key("record_date::text || '|' || feature_name") }} as id,
        record_date,
        feature_name as ai_feature,

        -- numbers
        net_revenue::double precision as revenue_amount,
        percentage::double precision as percentage,

        -- timestamps
        null::timestamptz as created_at
    from shared
)

select * from final
