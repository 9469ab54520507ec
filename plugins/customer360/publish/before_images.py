"""What the rows touched by a publish were, so that the last one can be undone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import psycopg
from psycopg import sql

from customer360.publish.specification import PublishedTable


@dataclass(frozen=True)
class BeforeImages:
    """Writes the images of the batch ``batch_id`` to ``undo.before_images``, within the statements that touch rows.

    An image is the whole row as PostgreSQL writes a row value: the old one of an updated or deleted
    row, the new one of an inserted row.
    """

    batch_id: int

    def of_row(self) -> sql.Composable:
        """The image of the row ``p``, for a RETURNING clause."""
        return sql.SQL("(p.*)::text")

    def of_merged(self, table: PublishedTable) -> sql.Composed:
        """The columns that ``keep_merged`` needs in the RETURNING clause of a MERGE into ``p``."""
        keys = [sql.SQL("p.{} as {}").format(sql.Identifier(k), alias) for k, alias in _aliased_key(table)]
        return sql.SQL("{} as image, {}").format(self.of_row(), sql.SQL(", ").join(keys))

    def keep_merged(self, table: PublishedTable) -> sql.Composed:
        """A further CTE after the CTE ``merged``."""
        # All parts of a statement see the table as it was before it: the join finds the old rows.
        return sql.SQL(
            ", kept as (insert into undo.before_images {columns}"
            " select {place}, m.action, case when m.action = 'UPDATE' then {image} else m.image end"
            " from merged as m left join {published} as p on m.action = 'UPDATE' and {same_key})"
        ).format(
            columns=_COLUMNS,
            place=self._place(table),
            image=self.of_row(),
            published=_published(table),
            same_key=sql.SQL(" and ").join(
                sql.SQL("p.{} = m.{}").format(sql.Identifier(k), alias) for k, alias in _aliased_key(table)
            ),
        )

    def keep_moved(self, table: PublishedTable) -> sql.Composed:
        """A further CTE after the CTEs ``deleted`` and ``inserted``."""
        return sql.SQL(
            ", kept as (insert into undo.before_images {columns}"
            " select {place}, 'DELETE', image from deleted union all select {place}, 'INSERT', image from inserted)"
        ).format(columns=_COLUMNS, place=self._place(table))

    def _place(self, table: PublishedTable) -> sql.Composed:
        return sql.SQL("{}, {}, {}").format(
            sql.Literal(self.batch_id), sql.Literal(table.schema_name), sql.Literal(table.name)
        )


def content_before(table: PublishedTable, batch_id: int) -> sql.Composed:
    """What stands in a FROM clause for the rows of ``table`` before the batch that has these images."""
    template = _KEYED_BEFORE if table.primary_key else _KEYLESS_BEFORE
    images = sql.SQL(
        # OFFSET keeps PostgreSQL from parsing an image again for every column.
        "(select action, image::{table} as was from undo.before_images"
        ' where batch_id = {batch} and "schema" = {schema} and "table" = {name} offset 0)'
    ).format(
        table=_published(table),
        batch=sql.Literal(batch_id),
        schema=sql.Literal(table.schema_name),
        name=sql.Literal(table.name),
    )
    return sql.SQL(template).format(
        published=_published(table),
        images=images,
        columns=sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns),
        old=sql.SQL(", ").join(sql.SQL("(was).{}").format(sql.Identifier(column.name)) for column in table.columns),
        same_key=sql.SQL(" and ").join(
            sql.SQL("(was).{0} = p.{0}").format(sql.Identifier(k)) for k in table.primary_key
        ),
    )


def tables_with_images(connection: psycopg.Connection, batch_id: int) -> set[str]:
    """The tables, as ``schema.table``, that the batch touched."""
    query = 'select distinct "schema" || \'.\' || "table" from undo.before_images where batch_id = %s'
    return {name for (name,) in connection.execute(query, [batch_id])}


def forget_older(connection: psycopg.Connection, batch_id: int, date_before: date) -> None:
    """Keep only the images of ``batch_id``, and the ``as_of_date`` that was published before it."""
    connection.execute("delete from undo.before_images where batch_id <> %s", [batch_id])
    connection.execute(
        "insert into undo.batch_before (batch_id, as_of_date) values (%s, %s)"
        " on conflict (only_row) do update set batch_id = excluded.batch_id, as_of_date = excluded.as_of_date",
        [batch_id, date_before],
    )


_COLUMNS = sql.SQL('(batch_id, "schema", "table", action, image)')

_KEYED_BEFORE = """(
    select {columns} from {published} as p where not exists (select from {images} as i where {same_key})
    union all select {old} from {images} as i where action <> 'INSERT') as content_before"""

_KEYLESS_BEFORE = """(
    (select {columns} from {published} except all select {old} from {images} as i where action = 'INSERT')
    union all select {old} from {images} as i where action = 'DELETE') as content_before"""


def _aliased_key(table: PublishedTable) -> list[tuple[str, sql.Identifier]]:
    return [(name, sql.Identifier(f"key_{number}")) for number, name in enumerate(table.primary_key)]


def _published(table: PublishedTable) -> sql.Identifier:
    return sql.Identifier(table.schema_name, table.name)
