"""The status service of this process, put together once: shelf, watch, ready answers, desk."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hpki_server.authority.ocsp import records
from hpki_server.authority.ocsp.ahead import shelf_path
from hpki_server.authority.ocsp.desk import StatusDesk
from hpki_server.authority.ocsp.ready import ReadyAnswers
from hpki_server.authority.ocsp.shelf import AnswerShelf
from hpki_server.authority.ocsp.watch import StatusWatch


@dataclass(frozen=True)
class StatusService:
    """`ready` answers without a key, `desk` with one; both trust the one `watch`."""

    watch: StatusWatch
    ready: ReadyAnswers
    desk: StatusDesk


def status_service(path: Path) -> StatusService:
    """A service with the shelf at `path`."""
    shelf = AnswerShelf(path)
    watch = StatusWatch(shelf, records.changes_after, records.latest_change)
    ready = ReadyAnswers(shelf, watch)
    return StatusService(watch, ready, StatusDesk(ready, watch))


@cache
def own_service() -> StatusService:
    """The one of this process."""
    return status_service(shelf_path())
