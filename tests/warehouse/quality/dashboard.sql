-- Good candidates of the dashboard, as far as its hand-written checks read them.

create table candidate_dashboard.overview_kpis (
    id bigint,
    record_date date,
    total_customers bigint,
    conversion_rate float,
    ai_interactions bigint,
    revenue_impact float
);

create table candidate_dashboard.conversion_funnel (
    id bigint,
    record_date date,
    stage_name text,
    stage_order bigint,
    count bigint
);

create table candidate_dashboard.customer_interactions (
    id bigint,
    interaction_type text,
    customer_name text,
    satisfaction_score bigint
);

create table candidate_core.fct_ai_interactions (
    interaction_id text,
    interaction_date date
);

create table candidate_core.fct_refunds (
    refund_id text,
    refund_date date
);

insert into candidate_dashboard.overview_kpis values
    (1, '2026-06-29', 10, 4.5, 6, 30.30),
    (2, '2026-06-30', 11, 0, 0, 0);

insert into candidate_dashboard.conversion_funnel select n, '2026-06-30', 'Stage ' || n, n, 100 - 20 * n from generate_series(0, 4) n;

insert into candidate_dashboard.customer_interactions values
    (1, 'chat', 'Sarah M.', 5),
    (2, 'routine', null, null);

insert into candidate_core.fct_ai_interactions
select 'i' || number, '2026-06-29' from generate_series(1, 6) as number;
