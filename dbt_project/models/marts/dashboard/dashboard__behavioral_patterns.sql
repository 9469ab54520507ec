with

sessions as (
    select
        *,
        extract(hour from started_at at time zone '{{ var("business_time_zone") }}')::integer / 3 as daypart
    from {{ ref('fct_web_sessions') }}
),

visitors as (
    select * from {{ ref('int_visitors__funnelled') }}
),

touches as (
    select * from {{ ref('fct_ai_touches') }}
    where is_clicked is not null
),

-- Eight parts of three hours: parts of different length would compare the clock, not the visitors.
dayparts as (
    select *
    from (
        values
        (0, 'Night (12-3 AM)'),
        (1, 'Early Morning (3-6 AM)'),
        (2, 'Morning (6-9 AM)'),
        (3, 'Late Morning (9 AM-12 PM)'),
        (4, 'Midday (12-3 PM)'),
        (5, 'Afternoon (3-6 PM)'),
        (6, 'Evening (6-9 PM)'),
        (7, 'Late Evening (9 PM-12 AM)')
    ) as dayparts (daypart, daypart_name)
),

visits as (
    select
        session_date,
        daypart,
        count(*) as visit_count,
        100.0 * count(*) / sum(count(*)) over (partition by session_date) as visit_share,
        row_number() over (
            partition by session_date
            -- Of two equally busy parts the earlier one: else a rerun could name the other.
            order by count(*) desc, daypart
        ) as busyness_rank
    from sessions
    group by session_date, daypart
),

peak_activity as (
    select
        visits.session_date as record_date,
        'peak_activity' as pattern_type,
        dayparts.daypart_name as pattern_name,
        visits.visit_share as value
    from visits
    inner join dayparts on visits.daypart = dayparts.daypart
    where visits.busyness_rank = 1
),

preference_match as (
    select
        touch_date as record_date,
        'preference_match' as pattern_type,
        'AI recommendations followed' as pattern_name,
        100.0 * avg(is_clicked::integer) as value
    from touches
    group by touch_date
),

return_rate as (
    select
        sessions.session_date as record_date,
        'return_rate' as pattern_type,
        'Visitors seen on an earlier day' as pattern_name,
        100.0 * count(distinct sessions.visitor_id) filter (where visitors.first_visit_date < sessions.session_date)
        / count(distinct sessions.visitor_id) as value
    from sessions
    inner join visitors on sessions.visitor_id = visitors.visitor_id
    group by sessions.session_date
),

patterns as (
    select * from peak_activity
    union all
    select * from preference_match
    union all
    select * from return_rate
),

final as (
    select
        {{ hash_key("record_date::text || '|' || pattern_type") }} as id,
        record_date,
        pattern_type,
        pattern_name,

        -- numbers
        round(value, 2)::double precision as value,
        '%' as metric_unit,

        -- timestamps
        null::timestamptz as created_at
    from patterns
)

select * from final
