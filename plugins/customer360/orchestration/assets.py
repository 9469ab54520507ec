"""What the DAGs produce, as Airflow shows it and schedules by."""

from airflow.sdk import Asset

MARTS = Asset("customer360://marts")
"""The published tables; an event per publish that ended well."""
