"""What readers see of drafted messages and of why a customer is in a segment, on the sample delivery."""

from __future__ import annotations

import psycopg
import pytest
from customer360.warehouse import OWNER, Warehouse

pytestmark = pytest.mark.nightly


def rows(warehouse: Warehouse, query: str, role: str = OWNER) -> list[tuple]:
    with warehouse.connect(role) as connection:
        return connection.execute(query).fetchall()


def test_every_draft_is_in_the_ledger_with_a_state_and_a_reason(sample_warehouse: Warehouse):
    ((drafted, published),) = rows(
        sample_warehouse,
        "select (select count(*) from enrichment.notification_drafts),"
        " (select count(*) from core.fct_notification_candidates)",
    )
    assert drafted == published > 20
    reasons = {
        reason for (reason,) in rows(sample_warehouse, "select distinct reason from core.fct_notification_states")
    }
    assert {"passes_all_rules", "quiet_hours", "holdout", "frequency_cap", "no_address"} <= reasons


def test_the_name_is_in_the_published_message_and_nowhere_before(sample_warehouse: Warehouse):
    messages = rows(
        sample_warehouse,
        "select body, body_template, customer_name from core.fct_notification_candidates join core.dim_customer"
        " using (customer_key) where customer_name is not null",
    )
    assert len(messages) > 20
    for body, template, name in messages:
        assert "{{first_name}}" in template
        assert "{" not in body
        assert any(word in body for word in name.replace(",", " ").split()), name
    stored = rows(sample_warehouse, "select string_agg(subject || body, ' ') from enrichment.notification_drafts")[0][0]
    assert not [name for *_, name in messages if name in stored]


def test_a_reader_sees_the_wording_and_not_whose_it_is(sample_warehouse: Warehouse):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        rows(sample_warehouse, "select body from core.fct_notification_candidates", "bi_reader")
    masked = rows(
        sample_warehouse,
        "select distinct subject, body, decided_by from core_masked.fct_notification_candidates",
        "bi_reader",
    )
    assert masked == [(None, None, None)]
    assert rows(
        sample_warehouse,
        "select bool_and(body_template like '%{{first_name}}%') from core_masked.fct_notification_candidates",
        "bi_reader",
    ) == [(True,)]


def test_a_reader_can_ask_of_every_customer_why_this_segment_and_not_that_one(sample_warehouse: Warehouse):
    explained = rows(
        sample_warehouse,
        "select customer_key, array_agg(segment order by points desc), array_agg(is_chosen order by points desc),"
        " array_agg(points order by points desc), min(points_behind), bool_and(explanation <> ''),"
        " bool_and(input_hash <> '' and model <> '' and prompt_version <> '')"
        " from core.fct_segment_explanations group by 1",
        "bi_reader",
    )
    assert {key for key, *_ in explained} == {
        key for (key,) in rows(sample_warehouse, "select customer_key from core.dim_customer")
    }
    for _, segments, chosen, points, behind, has_words, has_origin in explained:
        assert (len(segments), behind, has_words, has_origin) == (4, 0, True, True)
        # Whoever is in a segment is in the one with the most points.
        assert not any(chosen[1:])
        assert not chosen[0] or points[0] - points[1] >= 10
    assert sum(any(chosen) for _, _, chosen, *_ in explained) > 50


def test_the_rules_that_held_and_those_that_did_not_are_all_the_rules(sample_warehouse: Warehouse):
    ((sums,),) = rows(
        sample_warehouse,
        "select array_agg(distinct total) from (select points + coalesce((select sum(m[1]::int) from"
        " regexp_matches(would_have_spoken_for_it, '\\+(\\d+) ', 'g') as m), 0) as total"
        " from core.fct_segment_explanations) as summed",
    )
    assert sums == [100]


def test_the_facts_behind_an_answer_say_nothing_about_who_it_is(sample_warehouse: Warehouse):
    facts = rows(sample_warehouse, "select facts from core.fct_customer_segments", "bi_reader")
    assert all(fact for (fact,) in facts)
    names = set().union(*(fact for (fact,) in facts))
    assert "discount_share" in names
    assert not names & {"customer_key", "customer_name", "email", "phone", "birth_date", "city"}
