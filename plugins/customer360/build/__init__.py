"""Building the dbt models."""

from customer360.build.dbt import PHASES, BuildError, BuildReport, NodeResult, build, manifest_path

__all__ = ["PHASES", "BuildError", "BuildReport", "NodeResult", "build", "manifest_path"]
