-- One row per statement that creates the published tables, in an order in which they run.
with tables as (
    select
        classes.oid,
        namespaces.nspname as mart,
        classes.relname as name,
        format('%%I.%%I', namespaces.nspname, classes.relname) as full_name
    from pg_class as classes
    inner join pg_namespace as namespaces on namespaces.oid = classes.relnamespace
    where namespaces.nspname = any(%s) and classes.relkind in ('r', 'p')
),

columns as (
    select
        tables.oid,
        columns.attnum as position,
        columns.attname as name,
        format('%%I %%s', columns.attname, format_type(columns.atttypid, columns.atttypmod))
        || coalesce(' default ' || pg_get_expr(defaults.adbin, defaults.adrelid), '')
        || case when columns.attnotnull then ' not null' else '' end as definition
    from tables
    inner join pg_attribute as columns on columns.attrelid = tables.oid
    left join pg_attrdef as defaults on defaults.adrelid = columns.attrelid and defaults.adnum = columns.attnum
    where columns.attnum > 0 and not columns.attisdropped
),

statements as (
    select
        tables.mart,
        1 as step,
        tables.name as sort_key,
        format(E'create table %%s (\n    %%s\n);', tables.full_name, string_agg(
            columns.definition, E',\n    ' order by columns.position
        )) as statement
    from tables
    inner join columns on columns.oid = tables.oid
    group by tables.mart, tables.name, tables.full_name

    union all

    -- Keys of all tables come before the foreign keys of any. NOT NULL, since version 18 a constraint too, is above.
    select
        tables.mart,
        case constraints.contype when 'p' then 2 when 'u' then 3 when 'c' then 4 else 6 end,
        tables.name || '.' || constraints.conname,
        format(
            'alter table %%s add constraint %%I %%s;',
            tables.full_name, constraints.conname, pg_get_constraintdef(constraints.oid)
        )
    from tables
    inner join pg_constraint as constraints on constraints.conrelid = tables.oid
    where constraints.contype in ('p', 'u', 'c', 'f')

    union all

    select tables.mart, 5, tables.name || '.' || indexes.indexrelid::regclass, pg_get_indexdef(indexes.indexrelid) || ';'
    from tables
    inner join pg_index as indexes on indexes.indrelid = tables.oid
    where not exists (select 1 from pg_constraint as constraints where constraints.conindid = indexes.indexrelid)

    union all

    select
        tables.mart,
        7,
        tables.name || '.' || to_char(descriptions.objsubid, '0000'),
        case
            when columns.name is null
                then format('comment on table %%s is %%L;', tables.full_name, descriptions.description)
            else format('comment on column %%s.%%I is %%L;', tables.full_name, columns.name, descriptions.description)
        end
    from tables
    inner join pg_description as descriptions
        on descriptions.objoid = tables.oid and descriptions.classoid = 'pg_class'::regclass
    left join columns on columns.oid = tables.oid and columns.position = descriptions.objsubid
)

select mart, statement
from statements
order by mart, step, sort_key
