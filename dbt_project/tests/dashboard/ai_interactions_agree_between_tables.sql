with

overview as (
    select
        record_date,
        ai_interactions
    from {{ ref('dashboard__overview_kpis') }}
),

types as (
    select
        record_date,
        sum("count") as interactions
    from {{ ref('dashboard__interaction_types') }}
    group by record_date
),

features as (
    select
        record_date,
        sum(usage_count) as interactions
    from {{ ref('dashboard__ai_feature_performance') }}
    group by record_date
),

summary as (
    select
        record_date,
        total_interactions,
        chat_interactions + questionnaire_interactions + image_analysis_interactions + routine_planner_interactions
            as interactions
    from {{ ref('dashboard__interaction_summary') }}
)

select
    overview.*,
    types.interactions as in_interaction_types,
    features.interactions as in_ai_feature_performance,
    summary.total_interactions,
    summary.interactions as in_interaction_summary
from overview
left join types on overview.record_date = types.record_date
left join features on overview.record_date = features.record_date
left join summary on overview.record_date = summary.record_date
where
    overview.ai_interactions is distinct from types.interactions
    or overview.ai_interactions is distinct from features.interactions
    or overview.ai_interactions is distinct from summary.total_interactions
    or overview.ai_interactions is distinct from summary.interactions
