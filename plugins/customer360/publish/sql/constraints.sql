-- One row per constraint or index of the published tables.
with objects as (
    select conrelid as table_oid, conname as name from pg_constraint where conrelid <> 0
    union
    select indexes.indrelid, classes.relname
    from pg_index as indexes
    inner join pg_class as classes on classes.oid = indexes.indexrelid
)

select namespaces.nspname || '.' || tables.relname, objects.name::text
from objects
inner join pg_class as tables on tables.oid = objects.table_oid
inner join pg_namespace as namespaces on namespaces.oid = tables.relnamespace
where namespaces.nspname = any(%s)
