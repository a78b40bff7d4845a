"""Work on many cases, of which one that fails keeps no other waiting."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from hpki.errors import HpkiError
from hpki_server.people.log_lines import told

Subject = TypeVar("Subject")
Done = TypeVar("Done")


class SomeFailed(HpkiError):
    """Some could not be done; all the others are.  Says which, and why."""


def each(subjects: Iterable[Subject], act: Callable[[Subject], Done]) -> tuple[Done, ...]:
    """What `act` answered for every subject.  Raises `SomeFailed`, after the last."""
    done: list[Done] = []
    failures: list[str] = []
    for subject in subjects:
        try:
            done.append(act(subject))
        except Exception as error:  # noqa: BLE001 - one case's failure, of whatever kind, must not stop the others
            failures.append(f"{subject}: {told(error)}")
    if failures:
        raise SomeFailed("; ".join(failures))
    return tuple(done)
