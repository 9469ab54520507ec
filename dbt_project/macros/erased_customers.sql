{#- True for the record that stands, in its system, for every customer who was erased. -#}
{% macro is_erased(customers) -%}
    ({{ customers }}.system, {{ customers }}.source_customer_id) in (
        {%- for system, customer_id in var('erased_customers').items() -%}
        ('{{ system }}', '{{ customer_id }}'){{ ', ' if not loop.last }}
        {%- endfor -%}
    )
{%- endmacro %}
