-- The views that read a table, or one column of it, directly or through other views.
with recursive reads as (
    select rules.ev_class as view_oid, depends.refobjid as source_oid, depends.refobjsubid as column_number
    from pg_depend as depends
    inner join pg_rewrite as rules on rules.oid = depends.objid
    where
        depends.classid = 'pg_rewrite'::regclass
        and depends.refclassid = 'pg_class'::regclass
        and rules.ev_class <> depends.refobjid
),

dependants as (
    select reads.view_oid
    from reads
    left join pg_attribute as columns
        on columns.attrelid = reads.source_oid and columns.attnum = reads.column_number
    where
        reads.source_oid = to_regclass(%(table)s)
        and (%(column)s::text is null or columns.attname = %(column)s)

    union

    select reads.view_oid
    from reads
    inner join dependants on dependants.view_oid = reads.source_oid
)

select distinct namespaces.nspname || '.' || views.relname as name
from dependants
inner join pg_class as views on views.oid = dependants.view_oid
inner join pg_namespace as namespaces on namespaces.oid = views.relnamespace
order by name
