{#- The share of `part` in `whole`, to steps of 0.05; empty where there is no whole. -#}
{% macro coarse_share(part, whole) -%}
    round(round(20.0 * ({{ part }}) / nullif({{ whole }}, 0)) / 20, 2)
{%- endmacro %}

{#- Days in one of five bands; empty where there are none. -#}
{% macro day_band(days) -%}
    case
        when {{ days }} <= 30 then '0-30'
        when {{ days }} <= 90 then '31-90'
        when {{ days }} <= 180 then '91-180'
        when {{ days }} <= 365 then '181-365'
        when {{ days }} > 365 then '365+'
    end
{%- endmacro %}

{#- True for a day among the last `days` days up to the last business day included. -#}
{% macro is_within(day, days) -%}
    {{ day }} > {{ as_of_date() }} - {{ days }} and {{ day }} <= {{ as_of_date() }}
{%- endmacro %}
