"""The Params forms of the DAGs."""

from __future__ import annotations

from airflow.sdk import Param

from customer360.settings import read_settings


def as_of_date() -> Param:
    """The last business day included; empty means the day before the run."""
    return Param(
        None,
        type=["null", "string"],
        format="date",
        title="As of date",
        description="Last business day included. Empty, as in a backfill: the day before the run's logical date.",
    )


def landing() -> Param:
    """Where the delivery lies."""
    return Param(
        read_settings().landing,
        type="string",
        minLength=1,
        title="Landing folder",
        description="Folder or s3:// prefix with <system>/<table>*.csv files.",
    )


def classifier() -> Param:
    """Who segments the customers."""
    return Param(
        read_settings().classifier,
        type="string",
        enum=["rules", "bedrock"],
        title="Classifier",
        description="rules needs no cloud account; bedrock asks the configured model.",
    )


def budget() -> Param:
    """What a paid classifier may cost."""
    return Param(
        None,
        type=["null", "number"],
        minimum=0,
        title="Budget",
        description="Dollars the run may spend on bedrock. Empty: CUSTOMER360_BEDROCK_BUDGET. The rules cost nothing.",
    )


def dry_run(what_happens: str) -> Param:
    """Whether to do it, or only to say what it would do."""
    return Param(True, type="boolean", title="Dry run", description=what_happens)


def day(title: str, description: str) -> Param:
    """A day that must be chosen."""
    return Param(type="string", format="date", title=title, description=description)


def formats() -> Param:
    """What the export writes."""
    return Param(
        ["csv", "parquet", "sqlite", "ddl"],
        type="array",
        items={"type": "string", "enum": ["csv", "parquet", "sqlite", "ddl"]},
        examples=["csv", "parquet", "sqlite", "ddl"],
        title="Formats",
        description="csv and parquet are masked; sqlite holds personal data and is readable by its owner alone.",
    )


def allow_deletes() -> Param:
    """Whether a publish may delete more than the limit."""
    return Param(
        False,
        type="boolean",
        title="Allow deletes",
        description="Publish even if it deletes more than CUSTOMER360_DELETE_LIMIT of a table.",
    )


def email() -> Param:
    """The mail address of a person."""
    return Param(
        None,
        type=["null", "string"],
        pattern="^[^@\\s]+@[^@\\s]+$",
        title="Mail address",
        description="Mail address of the person to erase. Empty where a system and an id name the person.",
    )


def system() -> Param:
    """A system that knows the person."""
    return Param(
        None,
        type=["null", "string"],
        enum=[None, "care", "crm", "decisions", "notifications", "shop"],
        title="System",
        description="System that knows the person, where no mail address is given.",
    )


def customer_id() -> Param:
    """The person's id there."""
    return Param(
        None,
        type=["null", "string"],
        title="Customer id",
        description="The person's id in that system.",
    )


def approval() -> Param:
    """Whether a person decides about drafted messages."""
    return Param(
        False,
        type="boolean",
        title="Approval",
        description="Wait until a person has approved or rejected the drafted messages.",
    )


def golden_set() -> Param:
    """The labels people gave."""
    return Param(
        None,
        type=["null", "string"],
        title="Golden set",
        description="CSV file with system, source_customer_id, segment and labelled_by. Empty: no labels are compared.",
    )


def since() -> Param:
    """The day whose mix of segments is compared."""
    return Param(
        None,
        type=["null", "string"],
        format="date",
        title="Since",
        description="Earlier day to compare the mix of segments with. Empty: it is not compared.",
    )


def customers() -> Param:
    """How many customers the classifier is asked about again."""
    return Param(
        100,
        type="integer",
        minimum=0,
        title="Customers",
        description="How many customers the classifier is asked about again; 0 for none.",
    )
