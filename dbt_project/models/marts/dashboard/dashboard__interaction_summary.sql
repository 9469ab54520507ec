with

days as (
    select * from {{ ref('int_shop_days__spined') }}
),

interactions as (
    select
        interaction_date as record_date,
        count(*) as total,
        count(*) filter (where interaction_type = 'chat') as chats,
        count(*) filter (where interaction_type = 'questionnaire') as questionnaires,
        count(*) filter (where interaction_type = 'image') as image_analyses,
        count(*) filter (where interaction_type = 'routine') as routines,
        avg(response_time_sec) as avg_response_time
    from {{ ref('fct_ai_interactions') }}
    group by interaction_date
),

final as (
    select
        {{ hash_key('days.record_date::text') }} as id,
        days.record_date,

        -- numbers
        coalesce(interactions.total, 0)::bigint as total_interactions,
        coalesce(interactions.chats, 0)::bigint as chat_interactions,
        coalesce(interactions.questionnaires, 0)::bigint as questionnaire_interactions,
        coalesce(interactions.image_analyses, 0)::bigint as image_analysis_interactions,
        coalesce(interactions.routines, 0)::bigint as routine_planner_interactions,
        round(interactions.avg_response_time, 2)::double precision as avg_response_time,

        -- timestamps
        null::timestamptz as created_at
    from days
    left join interactions on days.record_date = interactions.record_date
)

select * from final
