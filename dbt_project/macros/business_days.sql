{#- The last business day included, as a date. -#}
{% macro as_of_date() -%}
    date '{{ var("as_of_date") }}'
{%- endmacro %}

{#- True for instants up to the end of the last business day included; an unknown instant counts as before it. -#}
{% macro is_known_by(instant) -%}
    coalesce({{ business_day(instant) }} <= {{ as_of_date() }}, true)
{%- endmacro %}
