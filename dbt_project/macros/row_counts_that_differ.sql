{#- One row per pair (model, its source) that do not have as many rows: the name of the model and both counts. -#}
{% macro row_counts_that_differ(pairs) -%}
    with

    counted as (
        {%- for model, source in pairs %}
        select
            '{{ model }}' as model,
            (select count(*) from {{ ref(source) }}) as in_source,
            (select count(*) from {{ ref(model) }}) as in_model
            {{ 'union all' if not loop.last }}
        {%- endfor %}
    )

    select *
    from counted
    where in_source <> in_model
{%- endmacro %}
