"""Writes the reference pages from what runs: the DAGs, the source contracts and the dbt manifest.

MkDocs runs this while it builds the site; the pages exist in the site alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import mkdocs_gen_files
from customer360.contracts import Contract, read_contracts
from customer360.settings import PROJECT
from customer360.warehouse.schema import MARTS


def write_sources(contracts: Iterable[Contract]) -> None:
    """One page per system: each kind of file with its columns."""
    pages: dict[str, list[str]] = {}
    for contract in contracts:
        additions, schema = contract.customer360, contract.table_schema
        keys = [f"Key: {_code(schema.primary_key)}."] if schema.primary_key else []
        keys += [
            f"{_code(key.fields)} must be known in `{key.reference.resource or contract.name}`."
            for key in schema.foreign_keys
        ]
        pages.setdefault(additions.system or "", []).append(
            f"## {additions.table}\n\n{contract.description}\n\n"
            f"File: `{contract.path}`. Delivery: {additions.delivery}. {' '.join(keys)}\n\n"
            + _table(
                ("column", "type", "rules", "meaning"),
                (
                    (
                        f"`{field.name}`",
                        field.type,
                        _rules(field, contract),
                        field.description or "",
                    )
                    for field in schema.fields
                ),
            )
        )
    for system, sections in pages.items():
        _write(f"sources/{system}.md", f"# Files of {system}\n\n" + "\n".join(sections))


def _rules(field: Any, contract: Contract) -> str:
    given = field.constraints.model_dump(by_alias=True, exclude_defaults=True) if field.constraints else {}
    rules = [f"{name} {_code(value) if isinstance(value, list) else value}" for name, value in given.items()]
    for mark in ("pii", "secret"):
        if field.name in getattr(contract.customer360, mark):
            rules.append({"pii": "personal", "secret": "never stored"}[mark])
    return ", ".join(rules).replace("required True", "required")


def write_tables(manifest: Mapping[str, Any]) -> None:
    """One page per published schema: each table with its columns and what it is made from."""
    nodes = manifest["nodes"] | manifest["sources"]
    published = [node for node in nodes.values() if "published" in node.get("config", {}).get("meta", {})]
    for mart in MARTS:
        tables = sorted(
            (node for node in published if node["schema"].endswith(f"candidate_{mart}")), key=lambda node: node["alias"]
        )
        sections = [
            f"## {node['alias']}\n\n{node['description']}\n\n{_structure(node)}\n\n"
            + _table(
                ("column", "type", "personal", "meaning"),
                (
                    (
                        f"`{column['name']}`",
                        column["data_type"],
                        column["config"]["meta"].get("pii", ""),
                        column["description"],
                    )
                    for column in node["columns"].values()
                ),
            )
            for node in tables
        ]
        _write(f"tables/{mart}.md", f"# Tables of {mart}\n\n{len(tables)} tables.\n\n" + "\n".join(sections))


def _structure(node: Mapping[str, Any]) -> str:
    published = node["config"]["meta"]["published"]
    sentences = []
    if key := published.get("primary_key"):
        sentences.append(f"Key: {_code(key)}.")
    sentences += [f"{_code(key['columns'])} refers to `{key['to']}`." for key in published.get("foreign_keys", ())]
    if parents := [name.split(".")[2] for name in node["depends_on"]["nodes"]]:
        sentences.append(f"Made from {_code(sorted(parents))}.")
    return " ".join(sentences)


def write_dags(dags: Iterable[Any]) -> None:
    """One page with every DAG: what it says of itself, when it runs and its parameters."""
    sections = []
    for dag in sorted(dags, key=lambda dag: (dag.dag_id != "nightly", dag.dag_id)):
        parameters = ((name, dag.params.get_param(name)) for name in dag.params)
        tasks = [task.task_id for task in dag.topological_sort()]
        sections.append(
            dag.doc_md.strip().replace("# ", f"## {dag.dag_id}: ", 1)
            + f"\n\n{_when(dag.schedule)} Tasks: {_code(tasks)}.\n\n"
            + _table(
                ("parameter", "default", "meaning"),
                ((f"`{name}`", f"`{_default(p.value)}`", p.description or "") for name, p in parameters),
            )
        )
    _write("dags.md", "# DAGs\n\n" + "\n\n".join(sections))


def _when(schedule: object) -> str:
    if schedule is None:
        return "Runs when it is triggered."
    if isinstance(schedule, str):
        return f"Runs at `{schedule}`."
    return "Runs when its assets change."


def _default(value: object) -> str:
    return str(value).replace(str(PROJECT), "<checkout>")


def read_dags() -> list[Any]:
    """The DAGs as Airflow reads them, in a home of their own."""
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {
            "AIRFLOW_HOME": home,
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        }
        from airflow.dag_processing.dagbag import DagBag

        return list(DagBag(str(PROJECT / "dags")).dags.values())


def read_manifest() -> dict[str, Any]:
    """dbt's manifest; parsing needs no database."""
    project = str(PROJECT / "dbt_project")
    with tempfile.TemporaryDirectory() as target:
        command = [
            str(Path(sys.executable).with_name("dbt")), "parse", "--quiet", "--project-dir", project,
            "--profiles-dir", project, "--target-path", target, "--log-path", target,
        ]  # fmt: skip
        subprocess.run(command, check=True, env=os.environ | {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false"})
        return json.loads((Path(target) / "manifest.json").read_text())


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def _write(name: str, text: str) -> None:
    with mkdocs_gen_files.open(f"reference/{name}", "w") as page:
        page.write(text)


write_sources(read_contracts())
write_tables(read_manifest())
write_dags(read_dags())
