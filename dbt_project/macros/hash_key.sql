{#- A positive 60-bit key of a text, the same on every run: the first 15 hexadecimal digits of its md5. -#}
{% macro hash_key(text) -%}
    ('x0' || substr(md5({{ text }}), 1, 15))::bit(64)::bigint
{%- endmacro %}
