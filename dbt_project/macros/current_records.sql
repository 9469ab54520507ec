{#-
  The current records of a raw table: of an upsert the newest version of each key, of a snapshot the records of
  the newest file, of an append all. Newest goes by the delivery day in the file's name, then by load.
  `first_business_date` is the business day on which the key was first delivered.
-#}
{% macro current_records(system, table, delivery, key=none) -%}
    {%- set raw = source(system, system ~ '__' ~ table) -%}
    {%- if delivery == 'append' %}
    select records.*, records._business_date as first_business_date
    from {{ raw }} as records
    {%- elif delivery == 'snapshot' %}
    select records.*, records._business_date as first_business_date
    from {{ raw }} as records
    where
        records._load_id = (
            select files.load_id
            from {{ source('ops', 'loaded_files') }} as files
            where files.system = '{{ system }}' and files."table" = '{{ table }}' and files.status = 'loaded'
            order by files.delivered_on desc nulls last, files.load_id desc
            limit 1
        )
    {%- else %}
    select versions.*
    from (
        select
            records.*,
            min(records._business_date) over (partition by records.{{ key }}) as first_business_date,
            row_number() over (
                partition by records.{{ key }}
                -- The load breaks ties between files of one day, else the version kept would be left to chance.
                order by files.delivered_on desc nulls last, records._load_id desc, records._record_number desc
            ) as version_rank
        from {{ raw }} as records
        inner join {{ source('ops', 'loaded_files') }} as files on records._load_id = files.load_id
    ) as versions
    where versions.version_rank = 1
    {%- endif %}
{%- endmacro %}
