"""The commands about contracts and quarantined records."""

from __future__ import annotations

from pathlib import Path

import click

from customer360.settings import Settings, read_settings

LANDING = click.option("--landing", help="Folder whose contracts folder is read too; default CUSTOMER360_LANDING.")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def contract() -> None:
    """What a file must look like."""


@contract.command()
@click.argument("file", type=FILE)
@click.option("--contract", "name", help="Contract to check it under; default the one its place in the landing gives.")
@LANDING
def check(file: Path, name: str | None, landing: str | None) -> None:
    """Say record by record what would be quarantined if FILE were loaded; nothing is.

    Exit code 1 when the file would be refused or a record of it would not be loaded.
    """
    from customer360 import load
    from customer360.warehouse import open_warehouse

    settings = read_settings()
    folder = landing or settings.landing
    contracts = _contracts(settings, landing)
    chosen = _chosen(file.resolve(), name, folder, contracts)
    opened, all_good = open_warehouse(settings), True
    for each in chosen:
        done = load.check_file(opened, file, each, contracts, business_date=settings.last_business_day())
        for finding in done.findings:
            place = "waits" if finding.byte_offset is None else f"byte {finding.byte_offset}"
            click.echo(f"record {finding.record_number} ({place}): {'; '.join(finding.reasons)}")
        click.echo(f"{done.contract}: {done.result}")
        if not done.within_limit:
            click.echo("That is more than the quarantine limit allows: the file would be refused.")
        all_good = all_good and done.result.status == "loaded" and not done.findings
    if not all_good:
        raise click.exceptions.Exit(1)


@contract.command()
@click.argument("file", type=FILE)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write; default the terminal.")
def infer(file: Path, out: Path | None) -> None:
    """Write a starting contract for FILE, and say what in it is a guess.

    Put it into the landing's contracts folder, mend it and try it with `contract check FILE --contract NAME`.
    """
    from customer360.load.infer import infer_contract

    inferred = infer_contract(file)
    if out is None:
        click.echo(inferred.text, nl=False)
    elif out.exists():
        raise click.ClickException(f"{out} exists; name another file, or remove it.")
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(inferred.text, encoding="utf-8")
        click.echo(f"The contract {inferred.name} is in {out}.")
    for sentence in inferred.unsure:
        click.echo(f"unsure: {sentence}", err=True)


def _chosen(file: Path, name: str | None, landing: str, contracts: list) -> list:
    from customer360.contracts import contracts_for

    if name:
        found = [contract for contract in contracts if contract.name == name]
        if not found:
            raise click.ClickException(f"There is no contract {name}.")
        return found
    folder = Path(landing).resolve()
    inside = not landing.startswith("s3://") and file.is_relative_to(folder)
    found = contracts_for(file.relative_to(folder).as_posix(), contracts) if inside else []
    if not found:
        raise click.ClickException(f"No contract covers {file}; put it into the landing or name one with --contract.")
    return found


@click.group()
def quarantine() -> None:
    """Records that broke their contract."""


@quarantine.command("list")
def list_files() -> None:
    """List the loads that have records in quarantine."""
    from customer360 import load

    with _connection() as connection:
        files = load.quarantined_files(connection)
    for file in files:
        sample = " (refused; a sample)" if file.status == "refused" else ""
        click.echo(f"{file.load_id:>6}  {file.table:<32} {file.records:>6}{sample}  {file.file}  {file.first_reason}")
    if not files:
        click.echo("No record is in quarantine.")


@quarantine.command()
@click.argument("load_id", type=int)
def show(load_id: int) -> None:
    """Show the quarantined records of a load; they may hold personal data."""
    from customer360 import load

    with _connection() as connection:
        records = load.quarantined_records(connection, load_id)
    for record in records:
        click.echo(f"record {record.record_number} (byte {record.byte_offset}): {'; '.join(record.reasons)}")
        said = (
            "(not stored: it held a secret)" if record.data is None else record.data.decode("utf-8", "backslashreplace")
        )
        click.echo(f"    {said}")


@quarantine.command()
@click.argument("load_id", type=int)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File to write.")
@LANDING
def export(load_id: int, out: Path, landing: str | None) -> None:
    """Write the quarantined records of a load as a CSV file that `retry --file` takes; it may hold personal data."""
    from customer360 import load

    with _connection() as connection:
        content = load.export_quarantined(connection, load_id, _contracts(read_settings(), landing))
    # Records may be personal, so nobody but the person who asked reads them.
    out.touch(mode=0o600)
    out.write_bytes(content)
    click.echo(f"The records are in {out}; correct them in their places.")


@quarantine.command()
@click.argument("load_id", type=int)
@click.option("--file", "corrected", type=FILE, help="The exported file with its records corrected.")
@LANDING
def retry(load_id: int, corrected: Path | None, landing: str | None) -> None:
    """Judge the quarantined records of a load again and load those that are good now."""
    from customer360 import load, pipeline

    settings = read_settings()
    contracts = _contracts(settings, landing)
    run = pipeline.start_run(settings, "retry", landing=landing)
    try:
        with run.warehouse.connect(load.LOADER, autocommit=True) as connection:
            content = corrected.read_bytes() if corrected else None
            done = load.retry_quarantined(connection, load_id, contracts, run_id=run.run_id, corrected=content)
    except Exception as error:
        pipeline.finish_run(run, "failed", str(error))
        raise
    pipeline.finish_run(run, "done")
    dropped = f", {done.dropped} dropped" if done.dropped else ""
    click.echo(f"{done.loaded} of {done.tried} records loaded{dropped}, {done.left} left in quarantine.")


def _contracts(settings: Settings, landing: str | None) -> list:
    from customer360.contracts import read_contracts

    folder = landing or settings.landing
    return read_contracts(*([] if folder.startswith("s3://") else [Path(folder) / "contracts"]))


def _connection():
    from customer360 import load
    from customer360.warehouse import open_warehouse

    return open_warehouse(read_settings()).connect(load.LOADER)
