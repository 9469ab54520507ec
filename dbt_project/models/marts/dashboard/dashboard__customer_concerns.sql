with

days as (
    select * from {{ ref('int_shop_days__spined') }}
),

questions as (
    select
        interaction_date as record_date,
        concern_name,
        count(*) as query_count,
        100.0 * avg(is_resolved::integer) as resolved_share
    from {{ ref('int_ai_interactions__labelled') }}
    group by interaction_date, concern_name
),

concerns as (
    select *
    from (
        values
        {%- for rule in concern_rules() %}
            ('{{ rule.name }}', '{{ rule.category }}'){{ ',' if not loop.last }}
        {%- endfor %}
    ) as concerns (concern_name, concern_category)
),

final as (
    select
        {{ hash_key("days.record_date::text || '|' || concerns.concern_name") }} as id,
        days.record_date,
        concerns.concern_name,
        concerns.concern_category,

        -- numbers
        coalesce(questions.query_count, 0)::bigint as query_count,
        round(questions.resolved_share, 2)::double precision as ai_success_rate,

        -- timestamps
        null::timestamptz as created_at
    from days
    cross join concerns
    left join questions
        on days.record_date = questions.record_date and concerns.concern_name = questions.concern_name
)

select * from final
