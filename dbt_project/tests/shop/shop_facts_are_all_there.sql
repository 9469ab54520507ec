with

counted as (
    {%- for fact, source in [
        ('fct_web_sessions', 'stg_shop__web_sessions'),
        ('fct_web_events', 'stg_shop__web_events'),
        ('fct_orders', 'stg_shop__orders'),
        ('fct_order_lines', 'stg_shop__order_lines'),
        ('fct_refunds', 'stg_shop__refunds'),
        ('fct_ai_interactions', 'stg_shop__ai_interactions'),
        ('fct_ai_touches', 'stg_shop__ai_touches'),
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
