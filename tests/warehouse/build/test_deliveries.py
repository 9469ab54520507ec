"""What staging takes for current after deliveries that come late, corrected, shuffled, renamed or twice."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from customer360.build.dbt import run_dbt
from customer360.contracts import ContractError, read_contracts
from customer360.contracts.catalogue import SOURCES
from customer360.load import LoadReport, load_landing
from customer360.settings import PROJECT
from customer360.warehouse import OWNER, Warehouse
from warehouses import copy_of, drop

STAGED = (
    "stg_care__agents",
    "stg_care__channels",
    "stg_care__customer_interactions",
    "stg_notifications__account_activity",
    "stg_notifications__interaction_history",
    "stg_shop__system_samples",
)

Deliver = Callable[..., LoadReport]
Current = Callable[..., list[tuple]]


@pytest.fixture(scope="module")
def compiled(empty_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The SQL of staging models as of the end of 2026, from one run of dbt, free of the name of its database."""
    folder, project, warehouse = tmp_path_factory.mktemp("dbt"), str(PROJECT / "dbt_project"), copy_of(empty_warehouse)
    arguments = [
        "--quiet", "compile", "--no-introspect", "--select", *STAGED, "--project-dir", project,
        "--profiles-dir", project, "--target-path", str(folder), "--log-path", str(folder),
        "--vars", "{as_of_date: '2026-12-31', business_time_zone: UTC}",
    ]  # fmt: skip
    assert run_dbt(warehouse, arguments).success
    database = warehouse.owner_url.rpartition("/")[2]
    drop(warehouse)
    found = {path.stem: path.read_text().replace(f'"{database}".', "") for path in folder.rglob("compiled/**/*.sql")}
    assert set(STAGED) <= set(found)
    return {name: found[name] for name in STAGED}


@pytest.fixture
def deliver(warehouse: Warehouse, landing: Path, run_id: int) -> Deliver:
    """Writes files into the landing and loads all that is there; ``gone`` are taken away before."""

    def run(files: dict[str, str], *, gone: tuple[str, ...] = (), on: date = date(2026, 6, 30)) -> LoadReport:
        for name in gone:
            (landing / name).unlink()
        for name, content in files.items():
            (landing / name).parent.mkdir(exist_ok=True)
            (landing / name).write_text(content)
        return load_landing(
            warehouse,
            str(landing),
            read_contracts(landing / "contracts"),
            run_id=run_id,
            business_date=on,
            progress=False,
            quiet_seconds=0,
        )

    return run


@pytest.fixture
def current(warehouse: Warehouse, compiled: dict[str, str]) -> Current:
    """Columns of the rows that a staging model has now, in order."""

    def ask(model: str, columns: str) -> list[tuple]:
        with warehouse.connect(OWNER) as connection:
            return connection.execute(f"select {columns} from ({compiled[model]}) as staged order by 1, 2").fetchall()

    return ask


def agents(*names: str, first: int = 1) -> str:
    return "agent_id,agent_name,employee_id\n" + "".join(
        f"{number},{name},E{number}\n" for number, name in enumerate(names, first)
    )


def test_the_newest_delivery_day_wins_and_a_late_file_fills_gaps_only(deliver, current):
    deliver({"care/agents_2026-06-03.csv": agents("Ann of the 3rd")})
    report = deliver({"care/agents_2026-06-01.csv": agents("Ann of the 1st", "Bob of the 1st")})
    assert [file.late_after for file in report.files if file.status == "loaded"] == ["2026-06-03"]
    assert current("stg_care__agents", "agent_id, agent_name") == [(1, "Ann of the 3rd"), (2, "Bob of the 1st")]


def test_a_corrected_file_wins_over_the_one_of_its_day(deliver, current):
    deliver({"care/agents_2026-06-03.csv": agents("Ann", "Bob")})
    deliver({"care/agents_2026-06-03.csv": agents("Anne")})
    assert current("stg_care__agents", "agent_id, agent_name") == [(1, "Anne"), (2, "Bob")]


def test_content_that_comes_back_under_its_name_counts_as_the_newest_again(deliver, current):
    name = "care/agents.csv"
    deliver({name: agents("Ann")})
    deliver({name: agents("Anne")})
    (result,) = deliver({name: agents("Ann")}).files
    assert (result.status, result.reason) == (
        "skipped",
        "Its content was loaded before, as care/agents.csv, and counts as the newest again.",
    )
    assert current("stg_care__agents", "agent_id, agent_name") == [(1, "Ann")]
    (result,) = deliver({}).files
    assert result.reason == "Its content was loaded before, as care/agents.csv."


def test_content_of_an_earlier_day_that_comes_again_on_a_later_day_is_the_newest(deliver, current):
    deliver({"care/agents_2026-06-01.csv": agents("Ann"), "care/agents_2026-06-02.csv": agents("Anne")})
    deliver({"care/agents_2026-06-03.csv": agents("Ann")})
    assert current("stg_care__agents", "agent_id, agent_name") == [(1, "Ann")]
    # The files of all days are still there the next night, and change nothing.
    assert {file.reason.rpartition(",")[0] for file in deliver({}).files} == {"Its content was loaded before"}
    assert current("stg_care__agents", "agent_id, agent_name") == [(1, "Ann")]


def test_content_does_not_come_back_where_it_would_give_a_value_to_two_keys(deliver, current):
    name = "care/agents.csv"
    deliver({name: "agent_id,agent_name,employee_id\n1,Ann,E1\n"})
    deliver({name: "agent_id,agent_name,employee_id\n1,Ann,E7\n2,Bob,E1\n"})
    (result,) = deliver({name: "agent_id,agent_name,employee_id\n1,Ann,E1\n"}).files
    assert result.reason.endswith("belongs to another record now; deliver that one anew too.")
    assert current("stg_care__agents", "agent_id, employee_id") == [(1, "E7"), (2, "E1")]


def test_a_late_file_neither_takes_nor_frees_a_value_that_no_two_may_share(deliver, current):
    deliver({"care/agents_2026-06-03.csv": "agent_id,agent_name,employee_id\n1,Ann,E1\n2,Bob,E2\n"})
    late = deliver({"care/agents_2026-06-01.csv": "agent_id,agent_name,employee_id\n1,Ann,E9\n2,Bob,E1\n"})
    assert [file.quarantined for file in late.files] == [0, 0]
    (taken,) = [
        file
        for file in deliver({"care/agents_2026-06-02.csv": "agent_id,agent_name,employee_id\n3,Cid,E1\n"}).files
        if file.status == "loaded"
    ]
    assert taken.quarantined == 1
    assert current("stg_care__agents", "agent_id, employee_id") == [(1, "E1"), (2, "E2")]


def test_a_key_that_the_newest_snapshot_lacks_is_closed(deliver, current):
    text = (SOURCES / "shop" / "system_samples.yml").read_text().replace("delivery: upsert", "delivery: snapshot")
    head = "sample_id,component,sampled_at\n"
    deliver(
        {
            "contracts/samples.yml": text,
            "shop/system_samples_2026-06-01.csv": head
            + "A,Database,2026-06-01 10:00:00\nB,Frontend,2026-06-01 10:00:00\n",
            "shop/system_samples_2026-06-02.csv": head + "B,AI Models,2026-06-01 10:00:00\n",
        }
    )  # fmt: skip
    deliver({"shop/system_samples_2026-05-31.csv": head + "C,Database,2026-05-01 10:00:00\n"})
    assert current("stg_shop__system_samples", "sample_id, component") == [("B", "AI Models")]


def test_a_table_that_others_refer_to_is_no_snapshot(tmp_path):
    text = (SOURCES / "care" / "channels.yml").read_text().replace("delivery: upsert", "delivery: snapshot")
    (tmp_path / "channels.yml").write_text(text)
    with pytest.raises(ContractError, match=r"care-channels is declared a snapshot, and .* Declare it an upsert"):
        read_contracts(tmp_path)


def history(*summaries: str) -> str:
    head = "customer_id,channel,date_time,interaction_type,summary,response_time_minutes,resolution_status,agent_id\n"
    return head + "".join(f"1,Phone,2026-06-01 10:00:00,Inquiry,{text},1,Resolved,A1\n" for text in summaries)


PROFILES = (
    "customer_id,name,age,location,preferred_channel,opted_in,income_bracket,customer_since,satisfaction_score\n"
    "1,Ann,,,,,,,\n"
)


def test_of_appended_files_every_record_counts_and_a_day_delivered_anew_replaces_itself(deliver, current):
    folder = "notifications/interaction_history"
    deliver(
        {
            "notifications/customer_profiles.csv": PROFILES,
            f"{folder}_2026-06-01.csv": history("one", "one", "two"),
            f"{folder}_2026-06-02.csv": history("three"),
            f"{folder}.csv": history("four"),
        }
    )
    deliver({f"{folder}_2026-06-01.csv": history("one", "corrected"), f"{folder}.csv": history("five")})
    assert current("stg_notifications__interaction_history", "summary, customer_id") == [
        (summary, 1) for summary in ("corrected", "five", "four", "one", "three")
    ]


def test_every_days_snapshot_is_kept_and_content_that_comes_again_stands_for_its_new_day_too(deliver, current):
    def snapshot(status: str) -> str:
        head = "customer_id,account_status,last_transaction,last_login,recent_activity,engagement_score,"
        return f"{head}account_tenure_years,subscription_type\n1,{status},,,,,,\n"

    folder = "notifications/account_activity"
    deliver({"notifications/customer_profiles.csv": PROFILES, f"{folder}_2026-06-01.csv": snapshot("Active")})
    deliver({f"{folder}_2026-06-02.csv": snapshot("Suspended")})
    deliver({f"{folder}_2026-06-03.csv": snapshot("Active")})
    assert current("stg_notifications__account_activity", "snapshot_date::text, account_status") == [
        ("2026-06-01", "Active"),
        ("2026-06-02", "Suspended"),
        ("2026-06-03", "Active"),
    ]


FIRST_DAY = datetime(2026, 1, 1, 12)
PARENTS = {
    "care/customers.csv": "customer_id,customer_name,email,phone\n1,Ann,,\n",
    "care/channels.csv": "channel_id,channel_name,channel_type\n1,Phone,Voice\n",
    "care/interaction_types.csv": "interaction_type_id,interaction_name,interaction_code\n1,Question,Q\n",
}


def day_of_interactions(number: int) -> tuple[str, str]:
    """A day's file: a new interaction, and yesterday's with how it ended."""
    start = FIRST_DAY + timedelta(days=number)
    lines = [
        f"{number},1,1,1,,{start - timedelta(days=1)},Resolved",
        f"{number + 1},1,1,1,,{start},Pending",
    ][number == 0 :]
    head = "interaction_id,customer_id,channel_id,interaction_type_id,agent_id,start_timestamp,resolution_status"
    return f"care/customer_interactions_{start.date()}.csv", "\n".join([head, *lines]) + "\n"


def shuffled(days: dict[str, str], batches: int) -> Iterator[dict[str, str]]:
    """The files in batches that follow no order."""
    names = sorted(days)
    random.Random(305).shuffle(names)
    for first in range(batches):
        yield {name: days[name] for name in names[first::batches]}


def test_305_daily_files_in_order_shuffled_twice_and_with_one_renamed_give_the_same_totals(
    deliver, current, warehouse, empty_warehouse, compiled, landing
):
    days = dict(day_of_interactions(number) for number in range(305))
    columns = "interaction_id, resolution_status, start_timestamp"
    deliver(PARENTS)
    for batch in shuffled(days, batches=4):
        assert "refused" not in {file.status for file in deliver(batch).files}
    expected = current("stg_care__customer_interactions", columns)
    assert [(key, status) for key, status, _ in expected] == [
        *((number, "Resolved") for number in range(1, 305)),
        (305, "Pending"),
    ]

    (landing / "care/customer_interactions_2026-02-03.csv").rename(landing / "care/customer_interactions_20260203b.csv")
    assert {file.status for file in deliver({}).files} == {"skipped"}
    assert current("stg_care__customer_interactions", columns) == expected

    in_order = copy_of(empty_warehouse)
    with in_order.connect(OWNER) as connection:
        connection.execute("insert into ops.runs (kind, as_of_date) values ('test', '2026-12-31')")
    report = load_landing(
        in_order,
        str(landing),
        read_contracts(),
        run_id=1,
        business_date=date(2026, 12, 31),
        progress=False,
        quiet_seconds=0,
    )
    assert (len(report.files), {file.status for file in report.files}) == (308, {"loaded"})
    with in_order.connect(OWNER) as connection:
        rows = connection.execute(
            f"select {columns} from ({compiled['stg_care__customer_interactions']}) as staged order by 1, 2"
        ).fetchall()
    drop(in_order)
    assert rows == expected
