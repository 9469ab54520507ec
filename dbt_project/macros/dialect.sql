{#-
  Where PostgreSQL and Spark say the same thing differently. The models are written once and use these; everything
  else in the models that Spark builds both engines read alike. docs/outgrowing-postgresql.md has the list.
-#}

{#- The type of texts of any length. -#}
{% macro text_type() -%}{{ adapter.dispatch('text_type')() }}{%- endmacro %}
{% macro default__text_type() -%}text{%- endmacro %}
{% macro spark__text_type() -%}string{%- endmacro %}

{#- The type of 8-byte floating-point numbers. -#}
{% macro double_type() -%}{{ adapter.dispatch('double_type')() }}{%- endmacro %}
{% macro default__double_type() -%}double precision{%- endmacro %}
{% macro spark__double_type() -%}double{%- endmacro %}

{#- The type of instants. -#}
{% macro instant_type() -%}{{ adapter.dispatch('instant_type')() }}{%- endmacro %}
{% macro default__instant_type() -%}timestamptz{%- endmacro %}
{% macro spark__instant_type() -%}timestamp{%- endmacro %}

{#- The business day an instant falls on. -#}
{% macro business_day(instant) -%}{{ adapter.dispatch('business_day')(instant) }}{%- endmacro %}
{% macro default__business_day(instant) -%}
    (({{ instant }}) at time zone '{{ var("business_time_zone") }}')::date
{%- endmacro %}
{#- Spark's instants are shown in the zone of the session, which is UTC; moved by an offset, their day is the business day. -#}
{% macro spark__business_day(instant) -%}
    from_utc_timestamp({{ instant }}, '{{ var("business_time_zone") }}')::date
{%- endmacro %}

{#- A positive 60-bit key of a text, the same on every run: the first 15 hexadecimal digits of its md5. -#}
{% macro hash_key(text) -%}{{ adapter.dispatch('hash_key')(text) }}{%- endmacro %}
{% macro default__hash_key(text) -%}
    ('x0' || substr(md5({{ text }}), 1, 15))::bit(64)::bigint
{%- endmacro %}
{% macro spark__hash_key(text) -%}
    conv(substr(md5({{ text }}), 1, 15), 16, 10)::bigint
{%- endmacro %}

{#- The last element of an array; NULL where it has none. -#}
{% macro last_element(array) -%}{{ adapter.dispatch('last_element')(array) }}{%- endmacro %}
{% macro default__last_element(array) -%}{{ array }}[cardinality({{ array }})]{%- endmacro %}
{% macro spark__last_element(array) -%}try_element_at({{ array }}, -1){%- endmacro %}

{#- A table expression for `cross join lateral`: one row per day from one date up to another, none where one is NULL. -#}
{% macro days_between(first_day, last_day, table, column) -%}
    {{ adapter.dispatch('days_between')(first_day, last_day, table, column) }}
{%- endmacro %}
{% macro default__days_between(first_day, last_day, table, column) -%}
    generate_series({{ first_day }}::timestamp, {{ last_day }}::timestamp, interval '1 day') as {{ table }} ({{ column }})
{%- endmacro %}
{% macro spark__days_between(first_day, last_day, table, column) -%}
    explode(sequence({{ first_day }}, {{ last_day }})) as {{ table }} ({{ column }})
{%- endmacro %}

{#- A text with one blank wherever it has white space. -#}
{% macro single_spaced(text) -%}{{ adapter.dispatch('single_spaced')(text) }}{%- endmacro %}
{% macro default__single_spaced(text) -%}regexp_replace({{ text }}, '\s+', ' ', 'g'){%- endmacro %}
{#- Java counts spaces that do not break as white space, PostgreSQL does not. -#}
{% macro spark__single_spaced(text) -%}
    regexp_replace({{ text }}, '(?U)[\s&&[^\x{a0}\x{2007}\x{202f}]]+', ' ')
{%- endmacro %}

{#- A text whose words begin with a capital; a word is a run of letters and digits, so Anna-Maria has two. -#}
{% macro capitalised(text) -%}{{ adapter.dispatch('capitalised')(text) }}{%- endmacro %}
{% macro default__capitalised(text) -%}initcap({{ text }}){%- endmacro %}
{% macro spark__capitalised(text) -%}
    array_join(
        transform(
            regexp_extract_all({{ text }}, '([\p{L}\p{N}]+|[^\p{L}\p{N}]+)', 1),
            word -> upper(left(word, 1)) || lower(substr(word, 2))
        ),
        ''
    )
{%- endmacro %}

{#- What a table just made needs before the next model reads it: on PostgreSQL statistics, on Spark nothing. -#}
{% macro gather_statistics(relation) -%}{{ adapter.dispatch('gather_statistics')(relation) }}{%- endmacro %}
{% macro default__gather_statistics(relation) -%}analyze {{ relation }}{%- endmacro %}
{% macro spark__gather_statistics(relation) -%}{%- endmacro %}
