"""The `hpki-server` command: Django's management commands under the product's name."""

import os
import sys

from django.core.management import execute_from_command_line
from django.db.utils import DatabaseError


def main() -> None:
    """Entry point of `hpki-server`."""
    # Whatever a command writes speaks of people or keys: the database, its journal, reports, papers.
    os.umask(0o077)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hpki_server.config.settings")
    try:
        execute_from_command_line(sys.argv)
    except DatabaseError as error:
        sentence = _what_to_do(error)
        if sentence is None or "--traceback" in sys.argv:
            raise
        raise SystemExit(sentence) from error
    except BrokenPipeError as error:
        # Whoever read along (head, less) has seen enough; Python would write once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from error
    except OSError as error:
        if error.filename is None or "--traceback" in sys.argv:
            raise
        raise SystemExit(f"{error.filename}: {error.strerror}") from error


def _what_to_do(error: Exception) -> str | None:
    """A sentence for a database that is out of reach, is none or has no tables; None: the error is another one."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        connection.ensure_connection()
    except DatabaseError:
        # Drivers name host and user here, never the password.
        return f"The database of DATABASE_URL cannot be reached: {error}"
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return (
            "The database of DATABASE_URL has no tables yet, or older ones: run `hpki-server migrate` first."
        )
    return None


if __name__ == "__main__":
    main()
