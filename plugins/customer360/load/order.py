"""Which of two deliveries is the newer one: by the day in the file's name, then by when the content came last.

The models' macro ``delivery_order`` says the same.
"""

from __future__ import annotations

from psycopg.sql import SQL, Composable, Identifier


def delivery_order(load: str, record: str) -> Composable:
    """A row value that is the greater the newer a record is.

    ``load``: alias of ops.loaded_files; ``record``: alias of the raw table.
    """
    return SQL(
        "(coalesce(case when {load}.delivered_on is not null"
        " then coalesce({load}.redelivered_on[cardinality({load}.redelivered_on)], {load}.delivered_on) end,"
        " '-infinity'),"
        " coalesce({load}.redelivered_at, {load}.finished_at), {record}._load_id, {record}._record_number)"
    ).format(load=Identifier(load), record=Identifier(record))
