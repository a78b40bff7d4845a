"""The database itself refuses to change or remove a line of the audit chain, and a head that was published.

That stops slips and careless scripts.  Whoever may drop a trigger is found by `hpki-server audit verify`.
"""

from django.db.backends.base.base import BaseDatabaseWrapper

LINES = ("people_auditline",)
HEADS = ("people_publishedhead", "people_headstamp")
_REFUSAL = "a line of the audit chain is never changed or removed"


def install(connection: BaseDatabaseWrapper, tables: tuple[str, ...] = LINES) -> None:
    """Safe to repeat."""
    for table in tables:
        _run(
            connection,
            _sqlite_install(table) if connection.vendor == "sqlite" else _postgresql_install(table),
        )


def drop(connection: BaseDatabaseWrapper, tables: tuple[str, ...] = (*LINES, *HEADS)) -> None:
    """For the tests, which empty their tables, and for a migration backwards."""
    there = set(connection.introspection.table_names())
    for table in tables:
        if table in there:
            _run(
                connection, _sqlite_drop(table) if connection.vendor == "sqlite" else _postgresql_drop(table)
            )


def _sqlite_install(table: str) -> list[str]:
    return [
        f"""CREATE TRIGGER IF NOT EXISTS {table}_no_{verb.lower()} BEFORE {verb} ON {table}
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"""
        for verb in ("UPDATE", "DELETE")
    ]


def _sqlite_drop(table: str) -> list[str]:
    return [f"DROP TRIGGER IF EXISTS {table}_no_{verb}" for verb in ("update", "delete")]


def _postgresql_install(table: str) -> list[str]:
    return [
        f"""CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$""",
        f"""CREATE OR REPLACE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()""",
    ]


def _postgresql_drop(table: str) -> list[str]:
    return [
        f"DROP TRIGGER IF EXISTS {table}_no_change ON {table}",
        f"DROP FUNCTION IF EXISTS {table}_refuse()",
    ]


def _run(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
