with

interactions as (
    select * from {{ ref('stg_shop__ai_interactions') }}
    where trim(query_text) <> ''
),

final as (
    select
        interaction_id,
        {{ business_day('started_at') }} as interaction_date,
        is_resolved,
        case
            {%- for rule in concern_rules() if rule.keywords %}
                when query_text ~* '\m({{ rule.keywords | join('|') }})' then '{{ rule.name }}'
            {%- endfor %}
            else '{{ concern_rules()[-1].name }}'
        end as concern_name
    from interactions
)

select * from final
