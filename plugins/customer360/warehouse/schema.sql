-- Every table that no dbt model writes. Idempotent: run at the start of every command.

create schema if not exists raw;
create schema if not exists quarantine;
create schema if not exists ops;
create schema if not exists staging;
create schema if not exists intermediate;
create schema if not exists enrichment;

-- What all records of a load have in common, NULL outside of one. They are constants to the COPY that brings the
-- records, for it plans the defaults of its table once, when it begins; the loader's other statements name the columns.
create or replace function raw.of_this_load(name text) returns text language plpgsql immutable strict
    as $$ begin return nullif(current_setting('customer360.' || name, true), ''); end $$;
create or replace function raw.day_of_this_load() returns date language plpgsql immutable
    as $$ begin return raw.of_this_load('business_date'); end $$;

-- ops: what happened -------------------------------------------------------------------------

create table if not exists ops.runs (
    run_id bigint generated always as identity primary key,
    kind text not null,
    as_of_date date not null,
    landing text,
    classifier text,
    status text not null default 'running' check (status in ('running', 'published', 'unchanged', 'done', 'failed')),
    message text,
    started_at timestamptz not null default now(),
    finished_at timestamptz
);
comment on table ops.runs is 'One row per run of the pipeline or of a part of it.';

create table if not exists ops.run_steps (
    run_id bigint not null references ops.runs,
    step text not null,
    status text not null check (status in ('running', 'done', 'failed')),
    message text,
    summary jsonb,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    primary key (run_id, step)
);
-- Warehouses set up earlier lack it. Altering waits for every step, so only where it is needed.
do $$
begin
    if not exists (
        select from pg_attribute where attrelid = 'ops.run_steps'::regclass and attname = 'turn'
    ) then
        create sequence ops.turns;
        alter table ops.run_steps
            add column if not exists runbook text,
            add column turn bigint not null default nextval('ops.turns');
    end if;
end
$$;
comment on table ops.run_steps is 'One row per step of a run; a step that is repeated replaces its row.';
comment on column ops.run_steps.turn is 'Counts the beginnings of steps: their order, whatever the clock says.';

create table if not exists ops.loaded_files (
    load_id bigint generated always as identity primary key,
    run_id bigint not null references ops.runs,
    sha256 text not null,
    system text,
    "table" text,
    file text not null,
    status text not null check (status in ('loaded', 'refused')),
    records bigint,
    loaded bigint,
    quarantined bigint,
    reason text,
    delivered_on date,
    key_kind text check (key_kind in ('column', 'record_number')),
    drift jsonb,
    bytes bigint,
    finished_at timestamptz not null default now()
);
create unique index if not exists loaded_files_once on ops.loaded_files (sha256, system, "table") where status = 'loaded';
-- Warehouses set up earlier lack these. Altering waits for every load, so only where it is needed.
do $$
begin
    if not exists (
        select from pg_attribute where attrelid = 'ops.loaded_files'::regclass and attname = 'header'
    ) then
        alter table ops.loaded_files
            add column duplicates bigint,
            add column dropped bigint,
            add column contract text,
            add column header text[];
    end if;
    if not exists (
        select from pg_attribute where attrelid = 'ops.loaded_files'::regclass and attname = 'redelivered_on'
    ) then
        alter table ops.loaded_files
            add column delivery text,
            add column version text,
            add column redelivered_at timestamptz,
            add column redelivered_on date[] not null default '{}';
    end if;
end
$$;
do $$
begin
    if not exists (
        select from pg_attribute where attrelid = 'ops.loaded_files'::regclass and attname = 'rewritten_sha256'
    ) then
        -- What the file's content became when a person in it was erased: it is still the same file.
        alter table ops.loaded_files add column rewritten_sha256 text[] not null default '{}';
    end if;
end
$$;
comment on table ops.loaded_files is
    'One row per file loaded or refused. A file is known by its sha256: it loads once into a table, whatever its name.';

create table if not exists ops.dbt_results (
    run_id bigint not null references ops.runs,
    invocation_id text not null,
    unique_id text not null,
    resource_type text not null,
    status text not null,
    seconds double precision,
    rows_affected bigint,
    failures bigint,
    message text,
    finished_at timestamptz not null default now(),
    primary key (invocation_id, unique_id)
);
comment on table ops.dbt_results is 'One row per dbt model or test of every build.';

create table if not exists ops.checks (
    run_id bigint not null references ops.runs,
    gate text not null,
    suite text not null,
    check_name text not null,
    severity text not null check (severity in ('fail', 'warn')),
    passed boolean not null,
    reason text,
    observed text,
    finished_at timestamptz not null default now()
);
comment on table ops.checks is 'One row per expectation of a gate and run.';

create table if not exists ops.measures (
    run_id bigint not null references ops.runs,
    "table" text not null,
    measure text not null,
    value numeric not null,
    usual numeric,
    spread numeric,
    nights integer not null,
    is_unusual boolean not null,
    primary key (run_id, "table", measure)
);
comment on table ops.measures is
    'One row per number measured of the candidates of a run, beside the median of the nights before it.';

create table if not exists ops.publishes (
    run_id bigint not null references ops.runs,
    batch_id bigint not null,
    "schema" text not null,
    "table" text not null,
    inserted bigint not null,
    updated bigint not null,
    deleted bigint not null,
    row_count bigint not null,
    published_at timestamptz not null,
    primary key (batch_id, "schema", "table")
);
comment on table ops.publishes is 'One row per table and publish: the differences applied.';

create table if not exists ops.published_batch (
    only_row boolean primary key default true check (only_row),
    batch_id bigint not null,
    run_id bigint not null,
    as_of_date date not null,
    published_at timestamptz not null
);
comment on table ops.published_batch is 'The one batch that the published tables show.';

create table if not exists ops.published_constraints (
    "schema" text not null,
    "table" text not null,
    name text not null,
    definition_hash text not null,
    primary key ("schema", "table", name)
);
comment on table ops.published_constraints is 'The definition each published constraint or index was made from, by hash.';

create table if not exists ops.migrations (
    number integer primary key,
    name text not null,
    hash text not null,
    run_id bigint not null,
    applied_at timestamptz not null default clock_timestamp()
);
comment on table ops.migrations is
    'One row per numbered migration of the published tables that was applied, or not needed as nothing was published.';

create table if not exists ops.llm_calls (
    call_id bigint generated always as identity primary key,
    run_id bigint not null references ops.runs,
    purpose text not null,
    model text not null,
    prompt_version text not null,
    endpoint text not null,
    -- What a test double answered can never be taken for what Bedrock said.
    endpoint_kind text not null generated always as (
        case when endpoint ~ '\.(amazonaws\.com|amazonaws\.com\.cn|api\.aws)$' then 'aws' else 'other' end
    ) stored,
    request_id text,
    status text not null check (status in ('ok', 'partial', 'unusable', 'failed')),
    problem text,
    customers integer not null,
    answers integer not null,
    input_tokens bigint not null,
    output_tokens bigint not null,
    cache_read_tokens bigint not null,
    cache_write_tokens bigint not null,
    dollars numeric not null,
    latency_ms integer not null,
    retries integer not null,
    called_at timestamptz not null default clock_timestamp()
);
create index if not exists llm_calls_run on ops.llm_calls (run_id);
-- Warehouses set up earlier lack it. Altering waits for every run that asks, so only where it is needed.
do $$
begin
    if not exists (
        select from pg_attribute where attrelid = 'ops.llm_calls'::regclass and attname = 'fallbacks'
    ) then
        alter table ops.llm_calls add column fallbacks integer not null default 0;
    end if;
end
$$;
comment on table ops.llm_calls is 'One row per request to a model, answered or given up: what it was for and what it cost.';

create table if not exists ops.llm_quotas (
    quota text primary key,
    level double precision not null,
    filled_at timestamptz not null default clock_timestamp()
);
comment on table ops.llm_quotas is
    'One row per model and endpoint: tokens of its quota that were left at filled_at, below zero where requests wait.';

create table if not exists ops.llm_budgets (
    run_id bigint primary key references ops.runs,
    spent numeric not null,
    reserved numeric not null default 0
);
comment on table ops.llm_budgets is
    'One row per run with a budget: dollars spent, and those that requests on their way may cost at most.';

create table if not exists ops.llm_batch_jobs (
    job_id bigint generated always as identity primary key,
    run_id bigint not null references ops.runs,
    as_of_date date not null,
    model_id text not null,
    -- How answers are signed: with the host where that is not Bedrock.
    model text not null,
    prompt_version text not null,
    endpoint text not null,
    request_token text not null unique,
    folder text not null,
    records integer not null,
    customers integer not null,
    job_arn text,
    status text not null default 'prepared' check (status in ('prepared', 'submitted', 'collected', 'failed')),
    message text,
    created_at timestamptz not null default clock_timestamp(),
    ended_at timestamptz
);
comment on table ops.llm_batch_jobs is
    'One row per batch job at Bedrock: prepared before it is asked for, collected once its answers are kept.';

create table if not exists ops.llm_batch_customers (
    job_id bigint not null references ops.llm_batch_jobs,
    record_id text not null,
    ref text not null,
    customer_key bigint not null,
    input_hash text not null,
    primary key (job_id, record_id, ref)
);
create index if not exists llm_batch_customers_customer on ops.llm_batch_customers (customer_key);
comment on table ops.llm_batch_customers is
    'One row per customer a batch job asks about: the ref that stands for the customer in a record. No file has the key.';

-- undo: what the last publish changed ---------------------------------------------------------

create schema if not exists undo authorization c360_publisher;

create table if not exists undo.before_images (
    batch_id bigint not null,
    "schema" text not null,
    "table" text not null,
    image_number bigint generated always as identity,
    action text not null check (action in ('INSERT', 'UPDATE', 'DELETE')),
    image text not null,
    primary key ("schema", "table", image_number)
);
comment on table undo.before_images is
    'One row per published row that the last batch touched: the old row of an update or delete, the new one of an insert.';

create table if not exists undo.batch_before (
    only_row boolean primary key default true check (only_row),
    batch_id bigint not null,
    as_of_date date not null
);
comment on table undo.batch_before is
    'The batch that before_images belongs to, and the last business day published before it.';

-- quarantine ---------------------------------------------------------------------------------

create table if not exists quarantine.rejected_records (
    load_id bigint not null references ops.loaded_files,
    system text not null,
    "table" text not null,
    file text not null,
    record_number bigint not null,
    byte_offset bigint not null,
    record bytea,
    reasons text[] not null,
    rejected_at timestamptz not null default now(),
    primary key (load_id, record_number)
);
comment on table quarantine.rejected_records is
    'One row per record that breaks its contract: where it stands, its bytes (absent where they hold a secret) and every reason.';

create table if not exists quarantine.waiting_records (
    load_id bigint not null references ops.loaded_files,
    system text not null,
    "table" text not null,
    file text not null,
    record_number bigint not null,
    record jsonb not null,
    reasons text[] not null,
    waiting_since timestamptz not null default now(),
    primary key (load_id, record_number)
);
comment on table quarantine.waiting_records is
    'One row per record whose parent is not here yet; it is tried again every night.';

-- enrichment: what a rule or a model said, never updated -------------------------------------

create table if not exists enrichment.customer_segments (
    result_id bigint generated always as identity primary key,
    run_id bigint not null references ops.runs,
    customer_key bigint not null,
    as_of_date date not null,
    input_hash text not null,
    source text not null check (source in ('rules', 'bedrock')),
    model text not null,
    prompt_version text not null,
    status text not null check (status in ('ok', 'abstained', 'invalid', 'failed', 'over_budget')),
    segment text check (segment in ('Value Seekers', 'Traditionalists', 'Digital Natives', 'Eco Savers')),
    score numeric,
    contributions jsonb,
    reason text,
    created_at timestamptz not null default now()
);
create index if not exists customer_segments_customer on enrichment.customer_segments (customer_key, as_of_date);
comment on table enrichment.customer_segments is 'One row per answer about a customer''s segment, with its provenance.';

create table if not exists enrichment.customer_priorities (
    result_id bigint generated always as identity primary key,
    run_id bigint not null references ops.runs,
    customer_key bigint not null,
    as_of_date date not null,
    input_hash text not null,
    source text not null check (source in ('rules', 'bedrock')),
    model text not null,
    prompt_version text not null,
    status text not null check (status in ('ok', 'abstained', 'invalid', 'failed', 'over_budget')),
    churn_risk_score integer check (churn_risk_score between 0 and 100),
    priority_score integer check (priority_score between 0 and 100),
    priority text check (priority in ('High', 'Medium', 'Low')),
    trigger_factors text[],
    contributions jsonb,
    reason text,
    created_at timestamptz not null default now()
);
create index if not exists customer_priorities_customer on enrichment.customer_priorities (customer_key, as_of_date);
comment on table enrichment.customer_priorities is 'One row per answer about a customer''s risk and priority, with its provenance.';

create table if not exists enrichment.recommended_actions (
    result_id bigint generated always as identity primary key,
    run_id bigint not null references ops.runs,
    customer_key bigint not null,
    as_of_date date not null,
    input_hash text not null,
    source text not null check (source in ('rules', 'bedrock')),
    model text not null,
    prompt_version text not null,
    status text not null check (status in ('ok', 'abstained', 'invalid', 'failed', 'over_budget')),
    scenario text,
    recommended_action text,
    urgency_level text check (urgency_level in ('High', 'Medium', 'Low')),
    follow_up_required boolean,
    assigned_team text,
    reason text,
    created_at timestamptz not null default now()
);
create index if not exists recommended_actions_customer on enrichment.recommended_actions (customer_key, as_of_date);
comment on table enrichment.recommended_actions is 'One row per action recommended for a customer, with its provenance.';

create table if not exists enrichment.decision_analyses (
    result_id bigint generated always as identity primary key,
    run_id bigint not null references ops.runs,
    decision_id uuid not null,
    as_of_date date not null,
    input_hash text not null,
    source text not null check (source in ('rules', 'bedrock')),
    model text not null,
    prompt_version text not null,
    status text not null check (status in ('ok', 'abstained', 'invalid', 'failed', 'over_budget')),
    category text,
    options text[],
    confidence numeric(3, 2) check (confidence between 0 and 1),
    contributions jsonb,
    reason text not null,
    created_at timestamptz not null default now(),
    check ((status = 'ok') = (category is not null and options is not null and confidence is not null))
);
create index if not exists decision_analyses_decision on enrichment.decision_analyses (decision_id, as_of_date);
comment on table enrichment.decision_analyses is
    'One row per answer about an open decision, with its provenance; no text of the decision is in it.';

create table if not exists enrichment.notification_drafts (
    draft_id bigint generated always as identity primary key,
    run_id bigint not null references ops.runs,
    customer_key bigint not null,
    as_of_date date not null,
    input_hash text not null,
    source text not null check (source in ('rules', 'bedrock')),
    model text not null,
    prompt_version text not null,
    status text not null check (status in ('ok', 'invalid', 'failed', 'over_budget')),
    notification_type text not null,
    is_marketing boolean not null,
    channel text not null check (channel in ('Email', 'SMS', 'Phone', 'App Push')),
    scenario text not null,
    recommended_action text not null,
    trigger_factors text[] not null,
    urgency_level text not null check (urgency_level in ('High', 'Medium', 'Low')),
    assigned_team text not null,
    subject text,
    body text,
    reason text not null,
    created_at timestamptz not null default now(),
    check ((status = 'ok') = (subject is not null and body is not null))
);
create index if not exists notification_drafts_customer on enrichment.notification_drafts (customer_key, as_of_date);
comment on table enrichment.notification_drafts is
    'One row per message worded for a customer, with its provenance; the name is a placeholder.';

create table if not exists enrichment.notification_states (
    state_id bigint generated always as identity primary key,
    run_id bigint not null references ops.runs,
    draft_id bigint not null references enrichment.notification_drafts,
    customer_key bigint not null,
    as_of_date date not null,
    state text not null check (
        state in ('drafted', 'approved', 'rejected', 'deferred', 'suppressed', 'superseded', 'withdrawn', 'refused')
    ),
    reason text not null check (
        reason in (
            'passes_all_rules', 'a_person_decided', 'quiet_hours', 'no_consent', 'channel_off', 'no_address',
            'frequency_cap', 'duplicate', 'holdout', 'newer_draft', 'other_action', 'unknown_customer', 'wording'
        )
    ),
    explanation text not null,
    not_before_at timestamptz,
    decided_by text not null,
    decided_at timestamptz not null default clock_timestamp()
);
create index if not exists notification_states_draft on enrichment.notification_states (draft_id, as_of_date);
create index if not exists notification_states_customer on enrichment.notification_states (customer_key);
comment on table enrichment.notification_states is
    'One row per change of what may become of a drafted message: its state, why, and who decided it.';

-- What stood on a day. Of two answers of one day the later one stands; an answer that failed never does. PostgreSQL
-- puts these queries in place of the calls, so that a join uses the tables' indexes.
create or replace function enrichment.segment_of(customer bigint, day date)
    returns setof enrichment.customer_segments language sql stable
    as $$
        select * from enrichment.customer_segments
        where customer_key = customer and as_of_date <= day and status in ('ok', 'abstained')
        order by as_of_date desc, result_id desc limit 1
    $$;
create or replace function enrichment.priority_of(customer bigint, day date)
    returns setof enrichment.customer_priorities language sql stable
    as $$
        select * from enrichment.customer_priorities
        where customer_key = customer and as_of_date <= day and status in ('ok', 'abstained')
        order by as_of_date desc, result_id desc limit 1
    $$;
create or replace function enrichment.action_of(customer bigint, day date)
    returns setof enrichment.recommended_actions language sql stable
    as $$
        select * from enrichment.recommended_actions
        where customer_key = customer and as_of_date <= day and status in ('ok', 'abstained')
        order by as_of_date desc, result_id desc limit 1
    $$;
create or replace function enrichment.state_of(draft bigint, day date)
    returns setof enrichment.notification_states language sql stable
    as $$
        select * from enrichment.notification_states
        where draft_id = draft and as_of_date <= day
        order by as_of_date desc, state_id desc limit 1
    $$;

create table if not exists enrichment.scorecard_rules (
    prompt_version text not null,
    segment text not null,
    feature text not null,
    points integer not null,
    reason text not null,
    primary key (prompt_version, segment, reason)
);
comment on table enrichment.scorecard_rules is
    'One row per rule of a version of the segments'' scorecard: what would have spoken for a segment and did not.';

create table if not exists enrichment.segment_evaluations (
    evaluation_id bigint generated always as identity primary key,
    run_id bigint not null references ops.runs,
    as_of_date date not null,
    kind text not null check (kind in ('golden', 'recovery', 'retest', 'packing', 'drift')),
    source text not null,
    model text not null,
    prompt_version text not null,
    against text not null,
    customers integer not null check (customers > 0),
    left_out integer not null,
    metrics jsonb not null,
    confusion jsonb not null,
    created_at timestamptz not null default now()
);
comment on table enrichment.segment_evaluations is
    'One row per comparison of segments with labels, with themselves or with an earlier day: what came out.';

-- forecasts: what a fitted model said, never updated -----------------------------------------

create table if not exists enrichment.model_fits (
    fit_id bigint generated always as identity primary key,
    run_id bigint not null references ops.runs,
    kind text not null check (kind in ('lifetime_value', 'revenue')),
    made_on date not null,
    input_hash text not null,
    model text not null,
    status text not null check (status in ('ok', 'too_little_data', 'not_converged')),
    reason text not null,
    parameters jsonb not null,
    metrics jsonb not null,
    error double precision,
    baseline_error double precision,
    libraries jsonb not null,
    created_at timestamptz not null default now(),
    -- Nothing is predicted without a back-tested error.
    check (status <> 'ok' or (error is not null and baseline_error is not null))
);
create index if not exists model_fits_made_on on enrichment.model_fits (kind, made_on);
comment on table enrichment.model_fits is
    'One row per fit of a model to all facts up to a day, with its back-tested error beside that of a baseline.';

create table if not exists enrichment.customer_values (
    fit_id bigint not null references enrichment.model_fits,
    shop_customer_id text not null,
    predicted_purchases numeric not null,
    predicted_clv numeric not null,
    current_clv numeric not null,
    primary key (fit_id, shop_customer_id)
);
comment on table enrichment.customer_values is
    'One row per fit and shop account that had bought by its day: net spend of the next 12 months, discounted, and so far.';

create table if not exists enrichment.revenue_forecasts (
    fit_id bigint not null references enrichment.model_fits,
    month date not null,
    point numeric not null,
    lower numeric not null,
    upper numeric not null,
    confidence_level numeric not null,
    primary key (fit_id, month)
);
comment on table enrichment.revenue_forecasts is
    'One row per fit and calendar month ahead: net revenue expected and its bounds.';

-- privacy: who was erased, without saying who ---------------------------------------------------

create schema if not exists privacy;

create table if not exists privacy.erasures (
    erasure_id bigint generated always as identity primary key,
    run_id bigint not null references ops.runs,
    entered_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    receipt jsonb not null default '{}'
);
comment on table privacy.erasures is
    'One row per erasure of a person: when, and how much was found in which place, without the person.';

create table if not exists privacy.erased_identifiers (
    erasure_id bigint not null references privacy.erasures,
    kind text not null check (kind in ('customer', 'email')),
    keyed_hash bytea not null,
    primary key (erasure_id, kind, keyed_hash)
);
comment on table privacy.erased_identifiers is
    'One row per identifier of an erased person, as a hash whose key is not in the database.';
