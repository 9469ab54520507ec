with

counted as (
    {%- for fact, source in [
        ('fct_searches', 'stg_shop__searches'),
        ('fct_model_evaluations', 'stg_shop__model_evaluations'),
        ('fct_system_samples', 'stg_shop__system_samples'),
        ('fct_api_calls', 'stg_shop__api_calls'),
        ('fct_usage', 'stg_shop__usage_events'),
        ('fct_payments', 'stg_shop__payments'),
        ('fct_surveys', 'stg_shop__surveys'),
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
