"""DATABASE_URL, read once for the pages and for every command alike."""

import os
from pathlib import Path

import dj_database_url


def database(var: Path) -> dj_database_url.DBConfig:
    """The database that DATABASE_URL names; the embedded one under `var` when it is empty or absent.

    Raises SystemExit with a sentence when the address is none that the product can use.
    """
    url = os.environ.get("DATABASE_URL") or f"sqlite:///{var / 'openhpki.sqlite3'}"
    try:
        found = dj_database_url.parse(url)
    except (dj_database_url.UnknownSchemeError, dj_database_url.ParseError, ValueError) as error:
        raise SystemExit(_SENTENCE) from error
    found["ATOMIC_REQUESTS"] = False
    engine = str(found.get("ENGINE", ""))
    if engine.endswith("sqlite3"):
        # A writer takes its lock at the start, so two writers queue instead of failing half-way; FULL keeps
        # a committed act through a power cut; what was deleted is overwritten (Debian's build does so by itself).
        found["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
            "PRAGMA secure_delete=ON;",
        }
    elif engine.endswith("postgresql") and (found.get("NAME") or "service" in found.get("OPTIONS", {})):
        found["CONN_MAX_AGE"] = 60
    else:
        raise SystemExit(_SENTENCE)
    return found


# The address itself is not printed: it may carry a password.
_SENTENCE = (
    "DATABASE_URL cannot be used: write sqlite:////absolute/path.sqlite3 or postgres://user:password@host:5432/name "
    "(a percent sign in a password is written %25, an @ is written %40)."
)
