"""The database itself refuses to change or remove a line of the audit chain.

That stops slips and careless scripts.  Whoever may drop a trigger is found by `hpki-server audit verify`.
"""

from django.db.backends.base.base import BaseDatabaseWrapper

_REFUSAL = "a line of the audit chain is never changed or removed"

_SQLITE_INSTALL = [
    f"""CREATE TRIGGER IF NOT EXISTS people_auditline_no_{verb.lower()} BEFORE {verb} ON people_auditline
        BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"""
    for verb in ("UPDATE", "DELETE")
]
_SQLITE_DROP = [f"DROP TRIGGER IF EXISTS people_auditline_no_{verb}" for verb in ("update", "delete")]
_POSTGRESQL_INSTALL = [
    f"""CREATE OR REPLACE FUNCTION people_auditline_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$""",
    """CREATE OR REPLACE TRIGGER people_auditline_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON people_auditline
        FOR EACH STATEMENT EXECUTE FUNCTION people_auditline_refuse()""",
]
_POSTGRESQL_DROP = [
    "DROP TRIGGER IF EXISTS people_auditline_no_change ON people_auditline",
    "DROP FUNCTION IF EXISTS people_auditline_refuse()",
]


def install(connection: BaseDatabaseWrapper) -> None:
    """Safe to repeat."""
    _run(connection, _SQLITE_INSTALL if connection.vendor == "sqlite" else _POSTGRESQL_INSTALL)


def drop(connection: BaseDatabaseWrapper) -> None:
    """For the tests, which empty their tables, and for a migration backwards."""
    _run(connection, _SQLITE_DROP if connection.vendor == "sqlite" else _POSTGRESQL_DROP)


def _run(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
