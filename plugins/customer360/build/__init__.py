"""Building the dbt models."""

from customer360.build.dbt import PHASES, BuildError, BuildReport, NodeResult, build, manifest_path
from customer360.build.documentation import docs_path, write_docs

__all__ = [
    "PHASES",
    "BuildError",
    "BuildReport",
    "NodeResult",
    "build",
    "docs_path",
    "manifest_path",
    "write_docs",
]
