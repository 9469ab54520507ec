-- Good candidates of care: every constraint holds.

create table candidate_care.customers (
    customer_id bigint,
    customer_name varchar(100),
    email varchar(150),
    phone varchar(20),
    registration_date date,
    customer_segment varchar(20),
    status varchar(20),
    created_at timestamptz
);

create table candidate_care.channels (
    channel_id bigint,
    channel_name varchar(50),
    channel_type varchar(30),
    is_active boolean,
    created_at timestamptz
);

create table candidate_care.agents (
    agent_id bigint,
    agent_name varchar(100),
    employee_id varchar(20),
    department varchar(50),
    skill_level varchar(20),
    is_active boolean,
    hire_date date,
    created_at timestamptz
);

create table candidate_care.interaction_types (
    interaction_type_id bigint,
    interaction_code varchar(20),
    interaction_name varchar(100),
    category varchar(50),
    priority_level varchar(20),
    is_active boolean,
    created_at timestamptz
);

create table candidate_care.service_plans (
    service_plan_id bigint,
    plan_name varchar(100),
    plan_type varchar(50),
    monthly_fee numeric(10,2),
    data_allowance_gb integer,
    voice_minutes integer,
    sms_allowance integer,
    is_active boolean,
    created_at timestamptz
);

create table candidate_care.customer_service_plans (
    customer_service_plan_id bigint,
    customer_id bigint,
    service_plan_id bigint,
    start_date date,
    end_date date,
    is_active boolean,
    created_at timestamptz
);

create table candidate_care.customer_interactions (
    interaction_id bigint,
    customer_id bigint,
    channel_id bigint,
    interaction_type_id bigint,
    agent_id bigint,
    session_id varchar(50),
    start_timestamp timestamptz,
    end_timestamp timestamptz,
    duration_seconds integer,
    queue_time_seconds integer,
    resolution_status varchar(20),
    satisfaction_score numeric(3,2),
    interaction_summary text,
    language varchar(5),
    created_at timestamptz
);

insert into candidate_care.customers values
    (1, 'Ana Ruiz', 'ana@example.com', '1', '2026-01-01', 'Basic', 'Active'),
    (2, 'Bo Chen', 'bo@example.com', '2', '2026-01-01', 'Premium', 'Active');

insert into candidate_care.channels values
    (1, 'Phone', 'Voice', true);

insert into candidate_care.agents values
    (1, 'Cy Diaz', 'E1', 'Care', 'Senior', true, '2020-01-01');

insert into candidate_care.interaction_types values
    (1, 'BILL', 'Billing', 'Money', 'High', true);

insert into candidate_care.service_plans values
    (1, 'Gold', 'Mobile', 9.99, 5, 100, 100, true);

insert into candidate_care.customer_service_plans values
    (1, 1, 1, '2026-01-01', null, true);

insert into candidate_care.customer_interactions values
    (1, 1, 1, 1, 1, null, '2026-06-29 10:00+00', null, 60, 5, 'Resolved', 0.5, 'fine', 'es'),
    (2, 2, 1, 1, null, null, '2026-06-29 11:00+00', null, 60, 5, null, null, null, 'es');
