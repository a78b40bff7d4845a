"""Many rows of one table, written as fast as the database takes them."""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.db import connection

Row = tuple[str | bytes | int | UUID | dt.datetime | None, ...]


def execute_many(statement: str, rows: Sequence[Row]) -> int:
    """One statement for every row, inside the transaction that runs; how many rows it changed."""
    if not rows:
        return 0
    if connection.vendor == "postgresql":
        # Django's cursor writes the values into the text, which PostgreSQL then plans anew for every row; psycopg's own
        # sends the statement once and the values beside it.
        import psycopg  # needed by this database only

        with psycopg.Cursor(connection.connection) as beside:
            beside.executemany(statement, rows)
            return beside.rowcount
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)
        return int(cursor.rowcount)
