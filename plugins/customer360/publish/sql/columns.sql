-- One row per column of the published tables, in the table's order.
select
    namespaces.nspname || '.' || tables.relname as full_name,
    columns.attname,
    format_type(columns.atttypid, columns.atttypmod),
    columns.attnotnull,
    columns.atthasdef
from pg_attribute as columns
inner join pg_class as tables on tables.oid = columns.attrelid
inner join pg_namespace as namespaces on namespaces.oid = tables.relnamespace
where
    namespaces.nspname = any(%s)
    and tables.relkind in ('r', 'p')
    and columns.attnum > 0
    and not columns.attisdropped
order by full_name, columns.attnum
