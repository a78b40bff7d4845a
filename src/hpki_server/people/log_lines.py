"""One line of the server's log: when, how bad, what, and for a failure where it happened.

What people typed never stands in it: an exception's own words may quote a form, a row or an address with a key in it, so
a failure is told by its kind, the database's code and the places in the code.
"""

import logging
import sysconfig
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.db import Error

from hpki.errors import HpkiError
from hpki_server.people.denial import Denied

_DEEPEST: Final = 12
_STANDARD_LIBRARY: Final = sysconfig.get_path("stdlib")
_LONGEST: Final = 300


class LogLines(logging.Formatter):
    """`2026-11-23 04:05:06 +0900 ERROR: POST enrollment:vet: ValueError; services/record.py:144 move < …`"""

    default_time_format = "%Y-%m-%d %H:%M:%S %z"
    default_msec_format = ""

    def format(self, record: logging.LogRecord) -> str:
        said = " ".join(_subject(record).split())
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            said += f": {told(error)}; {places(error)}"
        return f"{self.formatTime(record)} {record.levelname}: {said}"


def told(error: BaseException) -> str:
    """Kind and cause of a failure, without any word that somebody typed."""
    return ", after ".join(_one(each) for each in _causes(error))


def places(error: BaseException) -> str:
    """Where it happened, the innermost place first; of other people's code only that one."""
    frames = traceback.extract_tb(error.__traceback__)[::-1]
    told_of = [each for place, each in enumerate(frames) if place == 0 or _is_ours(each.filename)][:_DEEPEST]
    return " < ".join(f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in told_of)


def _subject(record: logging.LogRecord) -> str:
    """A request is named by its page: the address itself may hold a key or a name."""
    request = getattr(record, "request", None)
    if request is None:
        return record.getMessage()
    match = getattr(request, "resolver_match", None)
    page = match.view_name or match.route if match else "no page"
    return f"{getattr(request, 'method', '')} {page}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    here: BaseException | None = error
    for _ in range(4):
        if here is None:
            return
        yield here
        # Django wraps the driver's exception: the same failure, told once.
        same = isinstance(here, Error)
        here = here.__cause__ or (None if here.__suppress_context__ else here.__context__)
        if same and here is not None:
            here = here.__cause__


def _one(error: BaseException) -> str:
    kind = type(error).__name__
    if isinstance(error, Error):
        state = getattr(error.__cause__, "sqlstate", None)
        if state is None:
            # SQLite's words and those of a lost connection name tables and hosts, never a value.
            return f"{kind}: {_first_line(error)}"
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        return f"{kind} {state}{f' {constraint}' if constraint else ''}"
    if isinstance(error, OSError) and error.strerror:
        return f"{kind}: {error.strerror}"
    if isinstance(error, HpkiError | Denied):
        # Sentences and codes of our own: they say what to do.
        return f"{kind}: {_first_line(error)}"
    return kind


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), "")[:_LONGEST]


def _is_ours(filename: str) -> bool:
    return "site-packages" not in filename and not filename.startswith(_STANDARD_LIBRARY)


def _short(filename: str) -> str:
    return "/".join(Path(filename).parts[-2:])
