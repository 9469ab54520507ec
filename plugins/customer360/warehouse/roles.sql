-- What each role may do. Idempotent. Roles are made by schema.py, which knows their passwords.

revoke all on schema public from public;

-- Rights are given anew below, so that one taken out of this file is taken from warehouses set up earlier.
revoke all on all tables in schema ops, quarantine, undo
    from c360_loader, c360_transformer, c360_enricher, c360_publisher;

grant usage, create on schema raw to c360_loader;
grant usage on schema ops, quarantine to c360_loader;
grant select, insert, update, delete on all tables in schema quarantine to c360_loader;
grant select, insert, update on ops.runs, ops.run_steps, ops.loaded_files to c360_loader;
grant usage on sequence ops.turns to c360_loader;
-- A retried record becomes a part of the load it came with, and the retry's own load goes; the record of a file stays.
grant delete on ops.loaded_files to c360_loader;
alter table ops.loaded_files enable row level security;
drop policy if exists seen on ops.loaded_files;
create policy seen on ops.loaded_files for select using (true);
drop policy if exists entered on ops.loaded_files;
create policy entered on ops.loaded_files for insert to c360_loader with check (true);
drop policy if exists updated on ops.loaded_files;
create policy updated on ops.loaded_files for update to c360_loader using (true);
drop policy if exists retry_merged on ops.loaded_files;
create policy retry_merged on ops.loaded_files for delete to c360_loader using (sha256 like 'retry of %');

grant usage on schema raw, enrichment, ops to c360_transformer;
grant usage, create on schema staging, intermediate to c360_transformer;
grant select on all tables in schema raw, enrichment to c360_transformer;
grant select on ops.loaded_files, ops.runs, ops.published_batch, ops.llm_calls to c360_transformer;
grant insert, select on ops.dbt_results to c360_transformer;
-- The gates: a repeated one replaces its rows, and a table that lost most of its rows is noticed.
grant select, insert, delete on ops.checks, ops.measures to c360_transformer;
grant select on ops.publishes to c360_transformer;
alter default privileges for role c360_loader in schema raw grant select on tables to c360_transformer;

grant usage on schema intermediate, enrichment, ops to c360_enricher;
grant select, insert on all tables in schema enrichment to c360_enricher;
-- It writes what a call cost, and reads no more of it than what a run has spent.
grant insert, select (run_id, dollars) on ops.llm_calls to c360_enricher;
grant select, insert, update on ops.llm_quotas, ops.llm_budgets, ops.llm_batch_jobs to c360_enricher;
grant select, insert on ops.llm_batch_customers to c360_enricher;
alter default privileges for role c360_transformer in schema intermediate grant select on tables to c360_enricher;

grant usage on schema ops to c360_publisher;
grant select, insert on ops.publishes to c360_publisher;
grant select, insert, update on ops.published_batch to c360_publisher;
grant select, insert, update, delete on ops.published_constraints to c360_publisher;
grant select, insert on ops.migrations to c360_publisher;
grant select, insert, update, delete on all tables in schema undo to c360_publisher;
