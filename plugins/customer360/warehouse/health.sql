-- How the pipeline is, for dashboards: views on ops that both readers may select. Idempotent.
-- Messages, file names and what a check observed stay behind: they can quote a record.
-- A view can be replaced only when its new columns come last.

create schema if not exists health;

create or replace view health.runs as
select
    runs.run_id,
    runs.kind,
    runs.as_of_date,
    runs.status,
    failed.step as failed_step,
    runs.started_at,
    runs.finished_at,
    extract(epoch from runs.finished_at - runs.started_at)::numeric(12, 1) as duration_seconds
from ops.runs as runs
left join lateral (
    select steps.step from ops.run_steps as steps
    where steps.run_id = runs.run_id and steps.status = 'failed'
    order by steps.finished_at desc, steps.step
    limit 1
) as failed on true;
comment on view health.runs is 'One row per run of the pipeline or of a part of it.';

create or replace view health.steps as
select
    steps.run_id,
    runs.kind,
    runs.as_of_date,
    steps.step,
    steps.status,
    steps.started_at,
    steps.finished_at,
    extract(epoch from steps.finished_at - steps.started_at)::numeric(12, 1) as duration_seconds,
    steps.runbook
from ops.run_steps as steps
inner join ops.runs as runs using (run_id);
comment on view health.steps is 'One row per step of a run.';

create or replace view health.files as
select
    files.load_id,
    files.run_id,
    files.system,
    files."table",
    files.status,
    files.delivered_on,
    files.finished_at as loaded_at,
    files.records as record_count,
    files.loaded as loaded_count,
    files.quarantined as quarantined_count,
    files.bytes
from ops.loaded_files as files;
comment on view health.files is 'One row per file loaded or refused.';

create or replace view health.sources as
select distinct on (files.system, files."table")
    files.system,
    files."table",
    files.finished_at as last_loaded_at,
    extract(epoch from now() - files.finished_at)::numeric(12, 1) as seconds_since_loaded,
    files.delivered_on as last_delivered_on,
    files.records as last_record_count,
    files.quarantined as last_quarantined_count,
    count(*) over (partition by files.system, files."table") as file_count,
    sum(files.loaded) over (partition by files.system, files."table") as loaded_count
from ops.loaded_files as files
where files.status = 'loaded'
-- By the number of the load: a clock can be set back.
order by files.system, files."table", files.load_id desc;
comment on view health.sources is 'One row per source table: when a file of it came last, and how many did.';

create or replace view health.checks as
select
    checks.run_id,
    runs.as_of_date,
    checks.gate,
    checks.suite,
    checks.check_name,
    checks.severity,
    checks.passed as is_passed,
    checks.finished_at as checked_at
from ops.checks as checks
inner join ops.runs as runs using (run_id);
comment on view health.checks is 'One row per check of a gate and run.';

create or replace view health.measures as
select
    measures.run_id,
    runs.as_of_date,
    measures."table",
    measures.measure,
    measures.value,
    measures.usual as usual_value,
    measures.spread as usual_spread,
    measures.nights as night_count,
    measures.is_unusual
from ops.measures as measures
inner join ops.runs as runs using (run_id);
comment on view health.measures is 'One row per volume or sum of a night''s candidates, beside what was usual in the nights before.';

create or replace view health.models as
select
    results.run_id,
    runs.as_of_date,
    split_part(results.unique_id, '.', 3) as name,
    results.resource_type,
    results.status,
    results.seconds::numeric(12, 3) as duration_seconds,
    results.rows_affected as row_count,
    results.failures as failure_count,
    results.finished_at
from ops.dbt_results as results
inner join ops.runs as runs using (run_id);
comment on view health.models is 'One row per dbt model or test of every build.';

create or replace view health.publishes as
select
    publishes.batch_id,
    publishes.run_id,
    runs.as_of_date,
    publishes.published_at,
    publishes."schema",
    publishes."table",
    publishes.inserted as inserted_count,
    publishes.updated as updated_count,
    publishes.deleted as deleted_count,
    publishes.row_count
from ops.publishes as publishes
inner join ops.runs as runs using (run_id);
comment on view health.publishes is 'One row per table and batch: the rows that a publish changed.';

grant usage on schema health to bi_reader, pii_reader;
grant select on all tables in schema health to bi_reader, pii_reader;
