-- What each role may do. Idempotent. Roles are made by schema.py, which knows their passwords.

revoke all on schema public from public;

grant usage, create on schema raw to c360_loader;
grant usage on schema ops, quarantine to c360_loader;
grant select, insert, update, delete on all tables in schema quarantine to c360_loader;
grant select, insert, update on ops.runs, ops.run_steps, ops.loaded_files to c360_loader;
grant usage on sequence ops.turns to c360_loader;
-- A retried record becomes a part of the load it came with, and the retry's own load goes.
grant delete on ops.loaded_files to c360_loader;

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
grant select on ops.runs to c360_enricher;
grant select, insert on ops.llm_calls to c360_enricher;
grant select, insert, update on ops.llm_quotas, ops.llm_budgets, ops.llm_batch_jobs to c360_enricher;
grant select, insert on ops.llm_batch_customers to c360_enricher;
alter default privileges for role c360_transformer in schema intermediate grant select on tables to c360_enricher;

grant usage on schema ops to c360_publisher;
grant select, insert, update, delete on ops.publishes, ops.published_batch, ops.published_constraints to c360_publisher;
grant select on ops.runs to c360_publisher;
grant select, insert on ops.migrations to c360_publisher;
grant select, insert, update, delete on all tables in schema undo to c360_publisher;
