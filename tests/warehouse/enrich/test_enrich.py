"""What a night of enrichment writes, and what it leaves alone."""

import multiprocessing
import os
import signal
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest
from customer360.enrich import (
    EnrichError,
    SegmentAnswer,
    Share,
    classifier_named,
    enrich,
    prioritise,
    recommend,
    segment,
    shares,
)
from customer360.enrich.actions import ActionRules
from customer360.enrich.classifiers import RulesClassifier
from customer360.enrich.features import CustomerFeatures
from customer360.enrich.priorities import PriorityScorecard
from customer360.enrich.rules import SCORECARDS
from customer360.enrich.step import writing
from customer360.warehouse import Warehouse
from warehouses import AS_OF_DATE

TABLES = ("customer_segments", "customer_priorities", "recommended_actions")
ECO = {"eco_spend_share": Decimal("0.6"), "has_green_plan": False, "marketing_consent": True}
FRUGAL = {"discount_share": Decimal("0.6"), "income_bracket": "Low", "marketing_consent": True}


def rows(warehouse: Warehouse, query: str) -> list[tuple]:
    with warehouse.connect() as connection:
        return connection.execute(query).fetchall()


def counts(warehouse: Warehouse) -> list[int]:
    return [rows(warehouse, f"select count(*) from enrichment.{table}")[0][0] for table in TABLES]


def test_every_customer_gets_a_segment_a_priority_and_one_action(warehouse, run_id, change):
    change(range(1, 4), **ECO)
    change(range(4, 6), **FRUGAL)
    change(range(6, 7), cancellation_requests_180d=1, open_churn_decisions=1, account_status="Suspended",
           complaints_90d=4, escalations_90d=2)  # fmt: skip
    report = enrich(warehouse, run_id=run_id, as_of_date=AS_OF_DATE)
    assert (report.customers, report.changed, report.unchanged) == (6, 6, 0)
    assert report.segments == {"Eco Savers": 3, "Value Seekers": 2, "abstained": 1}
    assert report.priorities == {"High": 1, "Low": 5}
    assert (report.prioritised, report.actions) == (6, 6)
    assert rows(
        warehouse,
        "select customer_key, recommended_action, urgency_level, assigned_team "
        "from enrichment.recommended_actions where customer_key in (1, 4, 6) order by 1",
    ) == [
        (1, "Offer the green plan", "Low", "Sales"),
        (4, "Send a savings offer", "Low", "Marketing"),
        (6, "Call with a retention offer", "High", "Retention"),
    ]


def test_every_row_says_where_it_comes_from(warehouse, run_id, change):
    change(range(1, 3), **ECO)
    change(range(3, 4))
    enrich(warehouse, run_id=run_id, as_of_date=AS_OF_DATE)
    for table, version in zip(TABLES, ("segments_v1", "priorities_v1", "actions_v1"), strict=True):
        assert rows(
            warehouse,
            f"select distinct run_id, as_of_date, source, model, prompt_version from enrichment.{table}",
        ) == [(run_id, AS_OF_DATE, "rules", "scorecard", version)]
        assert rows(warehouse, f"select count(*) from enrichment.{table} where input_hash = '' or reason is null") == [
            (0,)
        ]


def test_the_stored_contributions_add_up_to_the_stored_scores(warehouse, run_id, change):
    change(range(1, 3), complaints_90d=2, net_revenue_365d=600, **ECO)
    enrich(warehouse, run_id=run_id, as_of_date=AS_OF_DATE)
    assert rows(
        warehouse,
        "select distinct score = (select sum((part ->> 'points')::int) "
        "from jsonb_array_elements(contributions -> segment) as part) from enrichment.customer_segments",
    ) == [(True,)]
    assert rows(
        warehouse,
        "select distinct churn_risk_score = (select sum((part ->> 'points')::int) "
        "from jsonb_array_elements(contributions -> 'churn_risk') as part), trigger_factors "
        "from enrichment.customer_priorities",
    ) == [(True, ["Complaints"])]


def test_the_same_night_again_writes_nothing(warehouse, run_id, change):
    change(range(1, 5), **ECO)
    change(range(5, 8))
    enrich(warehouse, run_id=run_id, as_of_date=AS_OF_DATE)
    again = enrich(warehouse, run_id=run_id, as_of_date=AS_OF_DATE)
    assert (again.changed, again.unchanged, again.prioritised, again.actions) == (0, 7, 0, 0)
    assert again.segments == {"Eco Savers": 4, "abstained": 3}
    assert counts(warehouse) == [7, 7, 7]


def test_the_next_night_answers_for_changed_customers_only(warehouse, run_id, change):
    change(range(1, 6), **ECO)
    enrich(warehouse, run_id=run_id, as_of_date=AS_OF_DATE)
    change(range(2, 3), "b", **FRUGAL)
    change(range(6, 7), "new", **FRUGAL)
    report = enrich(warehouse, run_id=run_id, as_of_date=AS_OF_DATE + timedelta(days=1))
    assert (report.customers, report.changed, report.unchanged, report.actions) == (6, 2, 4, 2)
    assert report.segments == {"Eco Savers": 4, "Value Seekers": 2}
    assert rows(
        warehouse,
        "select customer_key, as_of_date, segment from enrichment.customer_segments "
        "where customer_key in (2, 6) order by result_id",
    ) == [
        (2, AS_OF_DATE, "Eco Savers"),
        (2, AS_OF_DATE + timedelta(days=1), "Value Seekers"),
        (6, AS_OF_DATE + timedelta(days=1), "Value Seekers"),
    ]


def test_features_that_change_back_are_answered_again(warehouse, run_id, change):
    for day, (input_hash, features) in enumerate((("a", ECO), ("b", FRUGAL), ("a", ECO))):
        change(range(1, 2), input_hash, **features)
        enrich(warehouse, run_id=run_id, as_of_date=AS_OF_DATE + timedelta(days=day))
    assert rows(warehouse, "select segment from enrichment.customer_segments order by result_id") == [
        ("Eco Savers",),
        ("Value Seekers",),
        ("Eco Savers",),
    ]


def test_a_new_scorecard_version_answers_for_everybody(warehouse, run_id, change, tmp_path):
    def next_version(old: str):
        new = tmp_path / old.replace("_v1", "_v2")
        new.write_bytes((SCORECARDS / old).read_bytes())
        return new

    change(range(1, 5), **ECO)
    night = {"run_id": run_id, "as_of_date": AS_OF_DATE}
    enrich(warehouse, **night)
    segments = RulesClassifier.read(next_version("segments_v1.yml"))
    assert segment(warehouse, classifier=segments, **night).changed == 4
    assert segment(warehouse, classifier=segments, **night).changed == 0
    priorities = PriorityScorecard.read(next_version("priorities_v1.yml"))
    assert prioritise(warehouse, scorecard=priorities, **night).changed == 4
    actions = ActionRules.read(next_version("actions_v1.yml"))
    assert recommend(warehouse, rules=actions, **night).changed == 4
    assert counts(warehouse) == [8, 8, 8]


def test_another_segment_alone_redoes_priority_and_action(warehouse, run_id, change):
    change(range(1, 3), **ECO)
    night = {"run_id": run_id, "as_of_date": AS_OF_DATE}
    enrich(warehouse, **night)
    with warehouse.connect() as connection:
        connection.execute(
            "insert into enrichment.customer_segments (run_id, customer_key, as_of_date, input_hash, source, model,"
            " prompt_version, status, segment) values (%s, 1, %s, 'a', 'rules', 'scorecard', 'segments_v1', 'ok',"
            " 'Digital Natives')",
            [run_id, AS_OF_DATE],
        )
    report = enrich(warehouse, **night)
    assert (report.changed, report.prioritised, report.actions) == (0, 1, 1)
    assert rows(
        warehouse,
        "select scenario from enrichment.recommended_actions where customer_key = 1 order by result_id desc limit 1",
    ) == [("Digital features for a digital native",)]


@pytest.mark.parametrize(
    ("decided", "scenario"),
    [
        ({"priority": "'High'"}, "High churn risk"),
        ({"trigger_factors": "array['Long inactivity']"}, "Long inactivity"),
    ],
)
def test_another_priority_or_factor_alone_redoes_the_action(warehouse, run_id, change, decided, scenario):
    change(range(1, 4), **ECO)
    night = {"run_id": run_id, "as_of_date": AS_OF_DATE}
    enrich(warehouse, **night)
    said = {name: name for name in ("input_hash", "priority", "trigger_factors")} | decided
    with warehouse.connect() as connection:
        connection.execute(
            "insert into enrichment.customer_priorities (run_id, customer_key, as_of_date, source, model,"
            f" prompt_version, status, {', '.join(said)}) select run_id, customer_key, as_of_date, source, model,"
            f" prompt_version, status, {', '.join(said.values())} from enrichment.customer_priorities"
            " where customer_key = 2"
        )
    report = enrich(warehouse, **night)
    assert (report.changed, report.prioritised, report.actions) == (0, 0, 1)
    assert rows(
        warehouse,
        "select customer_key, scenario from enrichment.recommended_actions order by result_id desc limit 1",
    ) == [(2, scenario)]


def test_an_answer_that_failed_is_not_an_answer(warehouse, run_id, change):
    change(range(1, 2), **ECO)
    with warehouse.connect() as connection:
        connection.execute(
            "insert into enrichment.customer_segments (run_id, customer_key, as_of_date, input_hash, source, model,"
            " prompt_version, status) values (%s, 1, %s, 'a', 'rules', 'scorecard', 'segments_v1', 'failed')",
            [run_id, AS_OF_DATE],
        )
    assert segment(warehouse, run_id=run_id, as_of_date=AS_OF_DATE).changed == 1


def test_an_earlier_day_does_not_see_the_answers_of_later_days(warehouse, run_id, change):
    change(range(1, 4), **ECO)
    enrich(warehouse, run_id=run_id, as_of_date=AS_OF_DATE)
    earlier = AS_OF_DATE - timedelta(days=30)
    change(range(1, 2), "then", **FRUGAL)
    report = enrich(warehouse, run_id=run_id, as_of_date=earlier)
    assert (report.changed, report.prioritised, report.actions) == (3, 3, 3)
    assert report.segments == {"Eco Savers": 2, "Value Seekers": 1}
    change(range(1, 2), **ECO)
    assert enrich(warehouse, run_id=run_id, as_of_date=AS_OF_DATE).changed == 0


class DiesInTheThirdBatch:
    """The rules, in a process that is killed while it answers for its third batch."""

    def __init__(self) -> None:
        self.rules = classifier_named("rules")
        self.source, self.model = self.rules.source, self.rules.model
        self.prompt_version = self.rules.prompt_version
        self.batches = 0

    def classify(self, customers: Iterable[CustomerFeatures]) -> Iterator[SegmentAnswer]:
        self.batches += 1
        for number, answer in enumerate(self.rules.classify(customers)):
            if self.batches == 3 and number == 2:
                os.kill(os.getpid(), signal.SIGKILL)
            yield answer


def test_a_killed_run_goes_on_where_it_stopped(warehouse, run_id, change):
    change(range(1, 51), **ECO)
    night = {"run_id": run_id, "as_of_date": AS_OF_DATE}
    killed = multiprocessing.get_context("fork").Process(
        target=segment,
        args=(warehouse,),
        kwargs={**night, "classifier": DiesInTheThirdBatch(), "batch_size": 10},
    )
    killed.start()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    assert counts(warehouse)[0] == 20
    assert segment(warehouse, **night, batch_size=10).changed == 30
    assert rows(warehouse, "select count(*), count(distinct customer_key) from enrichment.customer_segments") == [
        (50, 50)
    ]


def test_two_runs_at_once_answer_once_for_each_customer(warehouse, run_id, change):
    change(range(1, 301), **ECO)
    night = {"run_id": run_id, "as_of_date": AS_OF_DATE, "batch_size": 10}
    with ThreadPoolExecutor() as threads:
        runs = [threads.submit(segment, warehouse, **night) for _ in range(3)]
    assert sorted(run.result().changed for run in runs) == [0, 0, 300]
    assert counts(warehouse)[0] == 300


class Answers:
    """A classifier that answers for the customers it is told to, whoever is asked about."""

    source, model, prompt_version = "rules", "scorecard", "segments_v0"

    def __init__(self, *keys: int) -> None:
        self.keys = keys

    def classify(self, customers: Iterable[CustomerFeatures]) -> Iterator[SegmentAnswer]:
        return (SegmentAnswer(customer_key=key, segment="Eco Savers") for key in self.keys)


@pytest.mark.parametrize("answered", [(1,), (1, 2, 2), (1, 3), ()])
def test_answers_for_other_customers_than_asked_about_are_refused(warehouse, run_id, change, answered):
    change(range(1, 3))
    with pytest.raises(EnrichError, match="2 were asked about"):
        segment(warehouse, run_id=run_id, as_of_date=AS_OF_DATE, classifier=Answers(*answered))
    assert counts(warehouse) == [0, 0, 0]


def test_answers_in_another_order_reach_their_customers(warehouse, run_id, change):
    change(range(1, 2), "one")
    change(range(2, 3), "two")
    segment(warehouse, run_id=run_id, as_of_date=AS_OF_DATE, classifier=Answers(2, 1))
    assert rows(warehouse, "select customer_key, input_hash from enrichment.customer_segments order by 1") == [
        (1, "one"),
        (2, "two"),
    ]


def test_nothing_can_be_recommended_before_there_are_priorities(warehouse, run_id, change):
    change(range(1, 3))
    segment(warehouse, run_id=run_id, as_of_date=AS_OF_DATE)
    with pytest.raises(EnrichError, match="run segment and prioritise before recommend"):
        recommend(warehouse, run_id=run_id, as_of_date=AS_OF_DATE)


def test_features_that_are_not_built_are_asked_for(warehouse, run_id):
    with pytest.raises(EnrichError, match="customer360 build"):
        enrich(warehouse, run_id=run_id, as_of_date=AS_OF_DATE)


def test_a_classifier_without_its_model_is_refused_before_anything_is_written(warehouse, run_id, change):
    change(range(1, 3))
    with pytest.raises(EnrichError, match="needs a model"):
        enrich(warehouse, run_id=run_id, as_of_date=AS_OF_DATE, classifier="bedrock")
    assert counts(warehouse) == [0, 0, 0]


def test_a_warehouse_without_customers_is_no_error(warehouse, run_id, change):
    report = enrich(warehouse, run_id=run_id, as_of_date=AS_OF_DATE)
    assert (report.customers, report.segments, report.priorities) == (0, {}, {})


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("statement", ["update enrichment.{} set run_id = 1", "delete from enrichment.{}"])
def test_what_was_said_cannot_be_changed_by_the_enricher(warehouse, table: str, statement: str):
    with (
        warehouse.connect("c360_enricher") as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.format(table))


def test_shares_segmented_side_by_side_are_everybody_once(warehouse, run_id, change):
    change(range(1, 101), **ECO)
    of_everybody = shares(warehouse, customers_each=30)
    assert [str(share) for share in of_everybody] == ["1 of 4", "2 of 4", "3 of 4", "4 of 4"]

    def ask(share: Share):
        return segment(warehouse, run_id=run_id, as_of_date=AS_OF_DATE, share=share)

    with ThreadPoolExecutor(len(of_everybody)) as workers:
        reports = list(workers.map(ask, of_everybody))
    assert [(report.customers, report.changed) for report in reports] == [(25, 25)] * 4
    assert counts(warehouse)[0] == 100
    assert [ask(share).changed for share in of_everybody] == [0] * 4
    report = enrich(warehouse, run_id=run_id, as_of_date=AS_OF_DATE, segmented=reports[0])
    assert (counts(warehouse), report.actions) == ([100] * 3, 100)


def test_few_customers_are_one_share_and_no_share_waits_for_nothing(warehouse, change):
    change(range(1, 4))
    assert shares(warehouse, customers_each=5_000) == [Share(1, 1)]
    assert len(shares(warehouse, customers_each=1)) == 3
    change(range(1, 101))
    assert len(shares(warehouse, customers_each=1)) == 8


def test_who_segments_everybody_waits_for_whoever_segments_a_share(warehouse, run_id, change):
    change(range(1, 3), **ECO)
    with ThreadPoolExecutor() as workers:
        with writing(warehouse, Share(2, 2)):
            report = segment(warehouse, run_id=run_id, as_of_date=AS_OF_DATE, share=Share(1, 2))
            assert report.changed == 1
            everybody = workers.submit(segment, warehouse, run_id=run_id, as_of_date=AS_OF_DATE)
            with pytest.raises(TimeoutError):
                everybody.result(timeout=1)
        assert everybody.result(timeout=60).changed == 1
