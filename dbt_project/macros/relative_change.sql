{#-
  The change against the preceding value in %, rounded once to 2 decimals; NULL where that is 0 or missing.
  Divided by the size of the preceding value, so that a rise is positive even from a negative one.
-#}
{% macro relative_change(value, previous) -%}
    round(100.0 * ({{ value }} - {{ previous }}) / nullif(abs({{ previous }}), 0), 2)::{{ double_type() }}
{%- endmacro %}
