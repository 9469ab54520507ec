"""Writing the suites that derive from the dbt models.

``python -m customer360.quality.suites`` says which derived suites differ from what the models
declare; with ``--write`` it writes them.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from customer360.quality.catalogue import QualityError
from customer360.quality.structure import DERIVED, derive_suites
from customer360.settings import PROJECT

EXPECTATIONS = PROJECT / "expectations"
DBT_PROJECT = PROJECT / "dbt_project"


def parse_models(folder: Path) -> Path:
    """The manifest of the dbt project as it stands, written into ``folder``.

    Raises QualityError when dbt cannot parse the project.
    """
    from dbt.cli.main import dbtRunner  # costs a second that reading a finished manifest should not pay

    places = {
        "--project-dir": DBT_PROJECT,
        "--profiles-dir": DBT_PROJECT,
        "--target-path": folder,
        "--log-path": folder,
    }
    arguments = [text for option, path in places.items() for text in (option, str(path))]
    result = dbtRunner().invoke(["--quiet", "--no-send-anonymous-usage-stats", "parse", *arguments])
    if not result.success:
        raise QualityError(f"dbt cannot parse {DBT_PROJECT}: {result.exception}")
    return folder / "manifest.json"


def write_derived_suites(manifest_path: Path, expectations_dir: Path) -> list[Path]:
    """Write the derived suites, remove those no longer derived, and return what changed.

    Raises QualityError when there is no manifest.
    """
    wanted = derived_files(manifest_path, expectations_dir)
    changed = differing_files(wanted)
    for path in changed:
        if path in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
        else:
            path.unlink()
    return changed


def derived_files(manifest_path: Path, expectations_dir: Path) -> dict[Path, str]:
    """The text of every derived suite by its path; None of the other files of the folder."""
    try:
        manifest = json.loads(manifest_path.read_text(encoding="utf-8"))
    except OSError as error:
        raise QualityError(f"{manifest_path} cannot be read; leave --manifest out to have it made.") from error
    return {
        expectations_dir / "suites" / f"{suite['name']}.json": json.dumps(suite, indent=2, ensure_ascii=False) + "\n"
        for suite in derive_suites(manifest)
    }


def differing_files(wanted: dict[Path, str]) -> list[Path]:
    """Derived suites whose file is absent, different, or no longer derived."""
    folders = {path.parent for path in wanted}
    left_over = {path for folder in folders for path in folder.glob(f"{DERIVED}*.json")} - set(wanted)
    different = {path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text}
    return sorted(left_over | different)


def main(arguments: list[str] | None = None) -> int:
    """The command line; 0 when the derived suites are up to date or were written."""
    parser = argparse.ArgumentParser(prog="python -m customer360.quality.suites", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the suites that differ")
    parser.add_argument("--manifest", type=Path, help="dbt's manifest.json; default: parse the models")
    parser.add_argument("--expectations", type=Path, default=EXPECTATIONS, help="folder with suites/")
    options = parser.parse_args(arguments)
    try:
        with TemporaryDirectory() as folder:
            manifest = options.manifest or parse_models(Path(folder))
            if options.write:
                changed = write_derived_suites(manifest, options.expectations)
            else:
                changed = differing_files(derived_files(manifest, options.expectations))
    except QualityError as error:
        print(error, file=sys.stderr)
        return 2
    for path in changed:
        print(f"{'wrote' if options.write else 'differs'}: {path.name}")
    return 0 if options.write or not changed else 1


if __name__ == "__main__":
    sys.exit(main())
