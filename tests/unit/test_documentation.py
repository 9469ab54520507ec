"""The documentation says what there is: commands, options, DAGs, tables."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from customer360.cli import main
from customer360.settings import PROJECT

PAGES = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *sorted((PROJECT / "docs").rglob("*.md"))]
CALL = re.compile(r"(?:^|`|\.venv/bin/)customer360 ([a-z][^`#\n|)]*)", re.MULTILINE)


def _commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from _commands(child, (*path, name))


COMMANDS = dict(_commands(main))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documentation as a site; a broken link or a page left out of its navigation fails the build."""
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [str(Path(sys.executable).with_name("mkdocs")), "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=PROJECT, capture_output=True, text=True, check=False,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"},
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    return folder


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_and_option_says_what_it_does(path: tuple[str, ...]):
    command = COMMANDS[path]
    assert command.help
    assert [p.name for p in command.params if isinstance(p, click.Option) and not p.help] == []


def test_every_command_is_on_the_page_of_commands(site: Path):
    page = (site / "commands.html").read_text()
    assert [path for path in COMMANDS if path and f"customer360 {' '.join(path)}" not in page] == []


def test_every_dag_is_on_the_page_of_dags(site: Path):
    page = (site / "reference" / "dags.html").read_text()
    assert [file.stem for file in (PROJECT / "dags").glob("*.py") if f'id="{file.stem}' not in page] == []


@pytest.mark.parametrize("schema", ["core", "care", "dashboard", "notifications", "crm", "decisions"])
def test_every_published_table_is_on_its_schemas_page(site: Path, schema: str):
    page = (site / "reference" / "tables" / f"{schema}.html").read_text()
    models = (PROJECT / "dbt_project" / "models" / "core").rglob("*.sql")
    if schema != "core":
        models = (PROJECT / "dbt_project" / "models" / "marts" / schema).rglob("*.sql")
    tables = [model.stem.removeprefix(f"{schema}__") for model in models]
    assert tables
    assert [table for table in tables if f'id="{table}"' not in page] == []


def test_nothing_of_the_site_is_fetched_from_a_network(site: Path):
    fetched = re.compile(r"""(?:<script[^>]*src|<link[^>]*rel="stylesheet"[^>]*href|<img[^>]*src)="(https?://[^"]+)""")
    assert {url for page in site.rglob("*.html") for url in fetched.findall(page.read_text())} == set()


def _calls() -> list[tuple[str, str]]:
    return [(page.relative_to(PROJECT).as_posix(), call) for page in PAGES for call in CALL.findall(page.read_text())]


def test_the_commands_that_the_pages_show_exist():
    calls = _calls()
    assert len(calls) > 20
    unknown = []
    for page, call in calls:
        words = call.replace("\\", "").split()
        path: tuple[str, ...] = ()
        while words and (*path, words[0]) in COMMANDS:
            path = (*path, words.pop(0))
        if isinstance(COMMANDS[path], click.Group) and words and "|" not in words[0]:
            unknown.append((page, call))
        known = {name for parameter in COMMANDS[path].params for name in parameter.opts}
        unknown += [(page, word) for word in words if word.startswith("--") and word.partition("=")[0] not in known]
    assert unknown == []
