"""Many rows of one table, written as fast as the database takes them."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import TypeVar
from uuid import UUID

from django.db import connection, models

Row = tuple[str | bytes | int | UUID | dt.datetime | None, ...]

Stored = TypeVar("Stored", bound=models.Model)


def execute_many(statement: str, rows: Sequence[Row]) -> int:
    """One statement for every row, inside the transaction that runs; how many rows it changed."""
    if not rows:
        return 0
    if connection.vendor == "postgresql":
        # Django's cursor writes the values into the text, which PostgreSQL then plans anew for every row; psycopg's own
        # sends the statement once and the values beside it.
        import psycopg  # needed by this database only

        # What the driver raises is told as Django's exception, as everywhere else.
        with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as beside:
            beside.executemany(statement, rows)
            return beside.rowcount
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)
        return int(cursor.rowcount)


def update_many(model: type[Stored], rows: Sequence[Stored], columns: Collection[str]) -> None:
    """Writes these columns (by attribute) of rows that stand: one statement for each, prepared once.

    Many times as fast as the ORM's bulk update, which writes one statement of as many cases as there are values.
    """
    written = [field for field in model._meta.concrete_fields if field.attname in columns]  # noqa: SLF001 - Django documents it
    key = model._meta.pk  # noqa: SLF001 - as above
    places = ", ".join(f'"{field.column}" = %s' for field in written)
    execute_many(
        f'UPDATE "{model._meta.db_table}" SET {places} WHERE "{key.column}" = %s',  # noqa: S608, SLF001 - names of ours
        [
            tuple(
                field.get_db_prep_save(getattr(row, field.attname), connection) for field in (*written, key)
            )
            for row in rows
        ],
    )
