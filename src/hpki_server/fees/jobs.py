"""What runs by itself in the books."""

from django.utils import timezone

from hpki_server.fees.services import continue_file
from hpki_server.fees.services.importing import waiting_files


def continue_files() -> int:
    """Go on with the bank's files that nobody finished: a page was closed, a process ended.  How many were finished."""
    at = timezone.now()  # noqa: TID251 - a job reads the clock, once
    waiting = waiting_files(at=at)
    for file_id in waiting:
        file = continue_file(file_id=file_id, by="system", at=at)
        while file.finished_at is None:
            file = continue_file(file_id=file_id, by="system", at=at)
    return len(waiting)
