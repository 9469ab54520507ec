with

days as (
    select * from {{ ref('int_shop_days__spined') }}
),

interactions as (
    select
        interaction_date as record_date,
        interaction_type,
        count(*) as interaction_count
    from {{ ref('fct_ai_interactions') }}
    group by interaction_date, interaction_type
),

names as (
    select *
    from (
        values
        ('chat', 'Chat Sessions'),
        ('questionnaire', 'Questionnaire'),
        ('image', 'Image Analysis'),
        ('routine', 'Routine Planner')
    ) as names (interaction_type, interaction_name)
),

counted as (
    select
        days.record_date,
        names.interaction_name,
        coalesce(interactions.interaction_count, 0) as interaction_count
    from days
    cross join names
    left join interactions
        on days.record_date = interactions.record_date and names.interaction_type = interactions.interaction_type
),

shared as (
    {{ with_percentages('counted', 'interaction_count', 'record_date', 'interaction_name') }}
),

final as (
    select
        {{ hash_key("record_date::text || '|' || interaction_name") }} as id,
        record_date,
        interaction_name,

        -- numbers
        interaction_count::bigint as count,
        percentage::double precision as percentage,

        -- timestamps
        null::timestamptz as created_at
    from shared
)

select * from final
