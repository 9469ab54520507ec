"""docker-compose.yml keeps to the compose specification and to the shape that docs/production.md promises."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from customer360.settings import PROJECT

COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SERVING = [name for name in SERVICES if name != "init"]
SCHEMA = json.loads((PROJECT / "tests" / "data" / "compose_spec.json").read_text())


def test_the_file_is_valid_by_the_compose_specification():
    jsonschema.Draft7Validator(SCHEMA).validate(COMPOSE)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_few_rights(name: str):
    service = SERVICES[name]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not {"privileged", "cap_add", "network_mode", "pid"} & set(service)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_bounded_and_its_image_is_pinned(name: str):
    service = SERVICES[name]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert re.fullmatch(r"[a-z0-9/-]+:\d+\.\d+[\w.-]*", service["image"])


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_reached_from_this_machine_alone(name: str):
    assert [port for port in SERVICES[name].get("ports", []) if not port.startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("name", SERVING)
def test_a_service_that_goes_on_says_whether_it_is_well(name: str):
    assert SERVICES[name]["healthcheck"]["test"]


def test_services_start_when_what_they_need_is_ready():
    for name, service in SERVICES.items():
        for needed, on in service.get("depends_on", {}).items():
            ended = needed == "init"
            assert on["condition"] == ("service_completed_successfully" if ended else "service_healthy"), name


def test_secrets_come_as_files_and_stand_nowhere_else():
    for name, secret in COMPOSE["secrets"].items():
        assert secret == {"file": f"./secrets/{name}"}
    for service in SERVICES.values():
        assert set(service.get("secrets", ())) <= set(COMPOSE["secrets"])
        for variable, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET|FERNET|CONN|BROKER|RESULT|WAREHOUSE_URL", variable):
                assert variable.endswith(("_CMD", "_FILE")), variable
                assert "/run/secrets/" in value or variable.endswith("PASSWORDS_FILE")


def test_the_secrets_are_drawn_once_and_are_those_the_services_read(tmp_path: Path):
    draw = [sys.executable, str(PROJECT / "docker" / "draw_secrets.py"), str(tmp_path / "secrets")]
    subprocess.run(draw, check=True, capture_output=True)
    drawn = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    assert set(COMPOSE["secrets"]) <= set(drawn)
    assert len(set(drawn.values())) == len(drawn)
    assert drawn["redis_password"] in drawn["broker_url"]
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0

    subprocess.run(draw, check=True, capture_output=True)
    assert {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()} == drawn


def test_the_image_is_built_from_the_lock_and_runs_as_nobody_special():
    dockerfile = (PROJECT / "Dockerfile").read_text()
    assert "--require-hashes /tmp/requirements.lock" in dockerfile
    assert re.findall(r"^USER (.*)$", dockerfile, re.MULTILINE) == ["10001:10001"]
    stages = re.findall(r"^FROM .* AS (\w+)$", dockerfile, re.MULTILINE)
    images = set(re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)) - set(stages)
    assert images
    assert [image for image in images if not re.search(r":\d+\.\d+\.\d+", image)] == []
    assert {service["build"]["target"] for service in SERVICES.values() if "build" in service} <= set(stages)


def test_what_the_image_copies_is_let_into_its_build():
    let_in = re.findall(r"^!(.*)$", (PROJECT / ".dockerignore").read_text(), re.MULTILINE)
    copied = re.findall(r"^COPY (?!--)(\S+) ", (PROJECT / "Dockerfile").read_text(), re.MULTILINE)
    assert {path.partition("/")[0] for path in copied} <= set(let_in)
    assert all((PROJECT / path).exists() for path in let_in)


def test_superset_starts_only_when_asked_for_and_listens_where_its_port_is():
    superset = SERVICES["superset"]
    assert superset["profiles"] == ["dashboards"]
    assert {name for name, service in SERVICES.items() if "profiles" in service} == {"superset"}
    port = superset["environment"]["CUSTOMER360_DASHBOARDS_ADDRESS"].rpartition(":")[2]
    assert superset["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert f":{port}/" in superset["healthcheck"]["test"][-1]
