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

create table candidate_dashboard.interaction_types (
    id bigint,
    record_date date,
    count bigint,
    percentage float
);

create table candidate_dashboard.customer_segments (
    id bigint,
    record_date date,
    segment_size bigint
);

create table candidate_dashboard.interaction_summary (
    id bigint,
    record_date date,
    total_interactions bigint,
    chat_interactions bigint,
    questionnaire_interactions bigint,
    image_analysis_interactions bigint,
    routine_planner_interactions bigint
);

create table candidate_dashboard.revenue_attribution (
    id bigint,
    record_date date,
    revenue_amount float
);

create table candidate_dashboard.category_revenue (
    id bigint,
    percentage float,
    revenue_amount float
);

create table candidate_dashboard.conversion_trends (
    id bigint,
    period_type text
);

create table candidate_dashboard.revenue_forecasting (
    id bigint,
    forecast_date date,
    predicted_revenue float,
    lower_bound float,
    upper_bound float
);

create table candidate_dashboard.api_configurations (
    id bigint,
    api_key text
);

create table candidate_dashboard.customer_satisfaction (
    id bigint,
    record_date date,
    overall_satisfaction float
);

create table candidate_dashboard.ai_feature_performance (
    id bigint,
    feature_name text,
    success_rate float
);

insert into candidate_dashboard.overview_kpis values
    (1, '2026-06-29', 10, 4.5, 6, 30.30),
    (2, '2026-06-30', 11, 0, 0, 0);

insert into candidate_dashboard.conversion_funnel select n, '2026-06-30', 'Stage ' || n, n, 100 - 20 * n from generate_series(0, 4) n;

insert into candidate_dashboard.interaction_types values
    (1, '2026-06-29', 2, 33.33),
    (2, '2026-06-29', 4, 66.67),
    (3, '2026-06-30', 0, 0);

insert into candidate_dashboard.customer_segments values
    (1, '2026-06-29', 4),
    (2, '2026-06-29', 6),
    (3, '2026-06-30', 11);

insert into candidate_dashboard.interaction_summary values
    (1, '2026-06-29', 6, 2, 1, 2, 1),
    (2, '2026-06-30', 0, 0, 0, 0, 0);

insert into candidate_dashboard.revenue_attribution values
    (1, '2026-06-29', 10.10),
    (2, '2026-06-29', 20.20);

insert into candidate_dashboard.category_revenue values
    (1, 40, 40),
    (2, 60, 60);

insert into candidate_dashboard.conversion_trends values
    (1, 'daily');

insert into candidate_dashboard.revenue_forecasting values
    (1, '2026-07-31', 5, 4, 6);

insert into candidate_dashboard.api_configurations values
    (1, null);

insert into candidate_dashboard.customer_satisfaction values
    (1, '2026-06-30', 4.2);

insert into candidate_dashboard.ai_feature_performance values
    (1, 'Chat', 0.8);
