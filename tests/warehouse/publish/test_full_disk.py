"""A disk too small for a publish: nothing of it is seen, and it is repeated once there is room."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from customer360.failures import is_disk_full, runbook_of
from customer360.publish import PublishError
from customer360.settings import Settings
from customer360.warehouse import OWNER, LocalServer, Warehouse
from warehouse.publish.conftest import MODELS, Mart
from warehouses import AS_OF_DATE, checksums, reachable_folder


@pytest.fixture
def small_disk(settings: Settings, empty_warehouse: Warehouse) -> Iterator[tuple[Warehouse, Path]]:
    """An empty warehouse on a file system of its own, and the path of that."""
    account = LocalServer(settings.home)._account
    if account is None:
        pytest.skip("only root can mount a small file system")
    with reachable_folder() as folder:
        place = folder / "disk"
        place.mkdir()
        options = f"size=200m,mode=0700,uid={account.pw_uid},gid={account.pw_gid}"
        mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
            pytest.skip("no file system can be mounted here")
        template = empty_warehouse.owner_url.rpartition("/")[2]
        with psycopg.connect(empty_warehouse.in_database("postgres").owner_url, autocommit=True) as connection:
            try:
                connection.execute(f"create tablespace small location '{place}'")
                connection.execute(f'create database test_small template "{template}" tablespace small')
                yield empty_warehouse.in_database("test_small"), place
            finally:
                connection.execute("drop database if exists test_small with (force)")
                connection.execute("drop tablespace if exists small")
                subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_publish_that_fills_the_disk_changes_nothing_and_is_repeated_when_there_is_room(
    small_disk: tuple[Warehouse, Path],
):
    warehouse, place = small_disk
    with warehouse.connect(OWNER) as connection:
        row = connection.execute(
            "insert into ops.runs (kind, as_of_date) values ('test', %s) returning run_id", [AS_OF_DATE]
        ).fetchone()
    assert row is not None
    mart = Mart(warehouse, row[0])
    mart.declare(*MODELS)
    mart.reset()
    mart.publish()
    before = checksums(warehouse)
    mart.change(
        "insert into candidate_care.customers (customer_id, customer_name)"
        " select n, 'Customer ' || n from generate_series(10, 20000) as n;"
        "update candidate_care.channels set channel_name = channel_name || '!'"
    )
    filler = place / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(place).free)

    with pytest.raises(PublishError) as failed:
        mart.publish()

    assert is_disk_full(failed.value) and runbook_of(failed.value) == "the-disk-is-full"
    filler.unlink()
    assert checksums(warehouse) == before
    assert mart.rows("select batch_id from ops.published_batch") == [(1,)]
    assert mart.publish().batch_id == 2
    assert mart.rows("select count(*) from care.customers") == [(19_994,)]
