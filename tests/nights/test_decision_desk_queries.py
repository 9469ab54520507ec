"""The sample inserts and validation queries of the decision desk's own documentation, run as written."""

from __future__ import annotations

import pytest
from customer360.warehouse import OWNER, Warehouse

pytestmark = pytest.mark.nightly

SAMPLE_INSERTS = """
-- Sample team
INSERT INTO teams (id, name, company_name, industry) VALUES
('550e8400-e29b-41d4-a716-446655440000', 'Customer Success Team', 'TechCorp Inc', 'SaaS');

-- Sample team members
INSERT INTO team_members (id, team_id, email, name, password_hash, role) VALUES
('550e8400-e29b-41d4-a716-446655440001', '550e8400-e29b-41d4-a716-446655440000', 'sarah@techcorp.com', 'Sarah Johnson', '$2b$10$hash1', 'customer_success_manager'),
('550e8400-e29b-41d4-a716-446655440002', '550e8400-e29b-41d4-a716-446655440000', 'mike@techcorp.com', 'Mike Chen', '$2b$10$hash2', 'support_manager'),
('550e8400-e29b-41d4-a716-446655440003', '550e8400-e29b-41d4-a716-446655440000', 'lisa@techcorp.com', 'Lisa Rodriguez', '$2b$10$hash3', 'account_manager');

-- Sample customer decision
INSERT INTO customer_decisions (
    id, team_id, created_by, customer_name, customer_email, customer_tier,
    customer_value, title, description, decision_type, urgency_level
) VALUES (
    '550e8400-e29b-41d4-a716-446655440010',
    '550e8400-e29b-41d4-a716-446655440000',
    '550e8400-e29b-41d4-a716-446655440001',
    'ABC Corporation',
    'john@abccorp.com',
    'enterprise',
    120000.00,
    'Refund Request for Service Outage',
    'Customer demanding full refund due to 8-hour service outage affecting their business operations',
    'refund_request',
    4
);
"""  # noqa: E501 (quoted as it stands in the documentation)

CONSTRAINTS = """
SELECT conname, contype FROM pg_constraint
WHERE conrelid = 'customer_decisions'::regclass;
"""

RELATIONSHIPS = """
SELECT
    cd.title,
    tm.name as created_by,
    t.name as team_name
FROM customer_decisions cd
JOIN team_members tm ON cd.created_by = tm.id
JOIN teams t ON cd.team_id = t.id;
"""


def test_the_sample_inserts_and_validation_queries_run_as_written(sample_warehouse: Warehouse):
    with sample_warehouse.connect(OWNER) as connection:
        connection.execute("set search_path to decisions")
        connection.execute(SAMPLE_INSERTS)
        connection.execute("set constraints all immediate")
        kinds = {kind for _, kind in connection.execute(CONSTRAINTS)}
        assert {b"p", b"f", b"c"} <= {kind if isinstance(kind, bytes) else kind.encode() for kind in kinds}
        assert ("Refund Request for Service Outage", "Sarah Johnson", "Customer Success Team") in connection.execute(
            RELATIONSHIPS
        ).fetchall()
        defaults = connection.execute(
            "select status, current_phase, relationship_duration_months, created_at is not null"
            " from customer_decisions where customer_name = 'ABC Corporation'"
        ).fetchone()
        assert defaults == ("created", 1, 0, True)
        connection.rollback()


def test_all_nine_tables_are_there(sample_warehouse: Warehouse):
    with sample_warehouse.connect(OWNER) as connection:
        tables = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'decisions' ORDER BY table_name"
        ).fetchall()
    assert [name for (name,) in tables] == [
        "audit_logs", "auth_tokens", "customer_decisions", "decision_criteria", "decision_outcomes",
        "evaluations", "response_options", "team_members", "teams",
    ]  # fmt: skip
