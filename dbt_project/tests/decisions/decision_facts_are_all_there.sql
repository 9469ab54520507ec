with

counted as (
    {%- for fact, source in [
        ('dim_team', 'stg_decisions__teams'),
        ('dim_team_member', 'stg_decisions__team_members'),
        ('fct_decisions', 'stg_decisions__customer_decisions'),
        ('fct_decision_criteria', 'stg_decisions__decision_criteria'),
        ('fct_response_options', 'stg_decisions__response_options'),
        ('fct_evaluations', 'stg_decisions__evaluations'),
        ('fct_decision_outcomes', 'stg_decisions__decision_outcomes'),
    ] %}
        select
            '{{ fact }}' as fact,
            (select count(*) from {{ ref(source) }}) as in_source,
            (select count(*) from {{ ref(fact) }}) as in_fact
                {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select *
from counted
where in_source <> in_fact
