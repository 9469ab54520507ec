{#-
  How new a record is, for order by: by the delivery day in the file's name, then by when its content came last. Content
  that is delivered anew loads once and counts from its last delivery. The record number breaks ties within a
  load, else the version kept would be left to chance. The loader's `delivery_order` says the same.
-#}
{% macro delivery_order(files, records=none) -%}
    case
        when {{ files }}.delivered_on is not null
            then coalesce({{ last_element(files ~ '.redelivered_on') }}, {{ files }}.delivered_on)
    end desc nulls last,
    coalesce({{ files }}.redelivered_at, {{ files }}.finished_at) desc,
    {{ files }}.load_id desc
    {%- if records %},
    {{ records }}._record_number desc
    {%- endif %}
{%- endmacro %}


{#-
  The current records of a raw table: of each key the newest version, without a key every record. What came before
  the newest file that was declared a snapshot is closed: that file held all there was. Of a table without a key,
  a file replaces an earlier one of the same name where the name has a day in it: that day was delivered anew.
  `first_business_date` is the business day on which the key was first delivered. `load_number` counts the loads of the
  table: `_load_id` counts those of all tables, whose order is left to chance. `delivery`: that of files loaded
  before theirs was noted.
-#}
{% macro current_records(system, table, delivery, key=none) -%}
    select versions.*
    from (
        select
            records.*,
            {%- if key %}
            min(records._business_date) over (partition by records.{{ key }}) as first_business_date,
            row_number() over (
                partition by records.{{ key }}
                order by {{ delivery_order('files', 'records') }}
            ) as version_rank,
            {%- else %}
            records._business_date as first_business_date,
            1 as version_rank,
            {%- endif %}
            files.load_number,
            files.is_current as is_of_current_file
        from {{ source(system, system ~ '__' ~ table) }} as records
        inner join (
            select
                ranked.load_id,
                ranked.delivered_on,
                ranked.redelivered_on,
                ranked.redelivered_at,
                ranked.finished_at,
                ranked.load_number,
                {% if not key -%}
                (ranked.delivered_on is null or ranked.name_rank = 1) and
                {% endif -%}
                ranked.newness <= coalesce(
                    min(ranked.newness) filter (
                        where coalesce(ranked.delivery, '{{ delivery }}') = 'snapshot'
                    ) over (),
                    ranked.newness
                ) as is_current
            from (
                select
                    loaded_files.*,
                    row_number() over (order by {{ delivery_order('loaded_files') }}) as newness,
                    row_number() over (order by loaded_files.load_id) as load_number,
                    row_number() over (
                        partition by loaded_files.file
                        order by {{ delivery_order('loaded_files') }}
                    ) as name_rank
                from {{ source('ops', 'loaded_files') }} as loaded_files
                where
                    loaded_files.system = '{{ system }}'
                    and loaded_files.{{ adapter.quote('table') }} = '{{ table }}'
                    and loaded_files.status = 'loaded'
            ) as ranked
        ) as files on records._load_id = files.load_id
    ) as versions
    where
        versions.version_rank = 1
        and versions.is_of_current_file
{%- endmacro %}
