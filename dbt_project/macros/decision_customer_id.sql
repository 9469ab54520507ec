{#-
  What the decision desk's customer is known by: its mail address, else its id, else its name.
  Must be the source_customer_id of int_customers__identified.
-#}
{% macro decision_customer_id(decisions) -%}
    coalesce(
        lower(trim({{ decisions }}.customer_email)),
        'id:' || {{ decisions }}.customer_id,
        'name:' || lower({{ decisions }}.customer_name)
    )
{%- endmacro %}
