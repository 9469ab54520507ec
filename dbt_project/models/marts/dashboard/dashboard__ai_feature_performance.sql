with

days as (
    select * from {{ ref('int_shop_days__spined') }}
),

features as (
    select {{ ai_feature_name('types.interaction_type') }} as feature_name
    from (values ('chat'), ('questionnaire'), ('image'), ('routine')) as types (interaction_type)
),

interactions as (
    select
        interaction_date as record_date,
        feature_name,
        count(*) as interaction_count,
        avg(is_resolved::integer) as resolved_share,
        avg(satisfaction_score_100) / 100 as satisfaction
    from {{ ref('fct_ai_interactions') }}
    group by interaction_date, feature_name
),

final as (
    select
        {{ hash_key("days.record_date::text || '|' || features.feature_name") }} as id,
        days.record_date,
        features.feature_name,

        -- numbers
        coalesce(interactions.interaction_count, 0)::bigint as usage_count,
        round(interactions.resolved_share, 4)::double precision as success_rate,
        round(interactions.satisfaction, 4)::double precision as user_satisfaction,

        -- timestamps
        null::timestamptz as created_at
    from days
    cross join features
    left join interactions
        on days.record_date = interactions.record_date and features.feature_name = interactions.feature_name
)

select * from final
