"""A new database of the kind that the tests run on, for commands in a process of their own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

from django.db import connection


@contextmanager
def new_database(folder: Path) -> Iterator[str]:
    """The address of an empty database; it is gone afterwards."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{folder}/cards.sqlite3"
        return
    import psycopg  # needed by this database only
    from psycopg import sql

    url = os.environ["DATABASE_URL"]
    name = f"cards_{uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
