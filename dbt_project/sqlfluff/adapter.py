"""What the macros use of dbt's ``adapter``, for sqlfluff: it renders the models without dbt, for PostgreSQL."""

from collections.abc import Callable

from jinja2 import pass_context
from jinja2.runtime import Context


@pass_context
def dispatch(context: Context, macro: str) -> Callable[..., str]:
    """The macro for PostgreSQL."""
    return context[f"default__{macro}"]


def quote(identifier: str) -> str:
    """The identifier as PostgreSQL quotes it."""
    return f'"{identifier}"'
