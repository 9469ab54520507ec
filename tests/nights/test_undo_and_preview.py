"""Previewing, stopping and undoing a publish of the whole sample."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from click.testing import CliRunner
from customer360 import pipeline
from customer360.cli import main
from customer360.publish import PublishError
from customer360.settings import Settings
from customer360.warehouse import Warehouse
from warehouses import AS_OF_DATE, checksums, copy_of, drop

pytestmark = pytest.mark.nightly


@pytest.fixture
def halved(sample_warehouse: Warehouse) -> Iterator[Warehouse]:
    """The sample published, and candidates that lack half of the care interactions and differ in more."""
    copy = copy_of(sample_warehouse)
    with copy.connect("c360_transformer") as connection:
        connection.execute("delete from candidate_care.customer_interactions where interaction_id % 2 = 0")
        connection.execute("update candidate_dashboard.overview_kpis set total_customers = total_customers + 1")
        connection.execute("update candidate_notifications.account_activity set engagement_score = 1")
    yield copy
    drop(copy)


def run_of(settings: Settings, warehouse: Warehouse, kind: str) -> pipeline.Run:
    return pipeline.start_run(replace(settings, warehouse_url=warehouse.owner_url), kind, as_of_date=AS_OF_DATE)


def test_an_undone_publish_shows_the_sample_as_it_was(settings: Settings, halved: Warehouse):
    before = checksums(halved)
    report = pipeline.publish(run_of(settings, halved, "publish"), allow_deletes=True)
    assert report.changed
    assert checksums(halved) != before
    pipeline.undo(run_of(settings, halved, "undo"))
    assert checksums(halved) == before
    with halved.connect() as connection:
        assert connection.execute("select batch_id, as_of_date from ops.published_batch").fetchone() == (3, AS_OF_DATE)
        assert connection.execute("select status from ops.runs where kind = 'undo'").fetchone() == ("published",)


def test_a_halved_delivery_is_not_published_until_told(settings: Settings, halved: Warehouse):
    before = checksums(halved)
    with pytest.raises(PublishError, match=r"care\.customer_interactions .* publish with --allow-deletes"):
        pipeline.publish(run_of(settings, halved, "publish"))
    assert checksums(halved) == before


def test_the_command_previews_and_undoes(settings: Settings, halved: Warehouse, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CUSTOMER360_HOME", str(settings.home))
    monkeypatch.setenv("CUSTOMER360_WAREHOUSE_URL", halved.owner_url)
    before = checksums(halved)
    previewed = CliRunner().invoke(main, ["publish", "--preview", "--as-of-date", str(AS_OF_DATE)])
    assert previewed.exit_code == 0, previewed.output
    lines = {line.split()[0]: line for line in previewed.stdout.splitlines()}
    assert "needs --allow-deletes" in lines["care.customer_interactions"]
    assert "0 inserted" in lines["dashboard.overview_kpis"]
    assert previewed.stdout.splitlines()[-1].endswith("would change; nothing was published.")
    assert checksums(halved) == before
    undone = CliRunner().invoke(main, ["publish", "--undo"])
    assert undone.exit_code == 1
    assert "Batch 1 is the first one" in undone.output
