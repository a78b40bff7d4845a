"""What runs by itself: at every start, and from a timer."""

from pathlib import Path

from django.contrib.sessions.models import Session
from django.utils import timezone

from hpki_server.people import head_export
from hpki_server.people.audit_heads_check import Restore
from hpki_server.people.head_models import PublishedHead
from hpki_server.people.ports import second_authority
from hpki_server.people.services import publishing


def publish_tree_head() -> PublishedHead | None:
    """Sign and publish the audit chain's head.  Raises Denied when it disagrees with what was published."""
    at = timezone.now()  # noqa: TID251 - a job reads the clock, once
    return publishing.publish_tree_head(at=at, stamper=second_authority())


def forget_ended_sessions() -> int:
    """Logins whose twelve hours are over; nobody can use them any more, and each is a row."""
    at = timezone.now()  # noqa: TID251 - a job reads the clock, once
    gone, _each = Session.objects.filter(expire_date__lt=at).delete()
    return gone


def acknowledge_restore() -> Restore:
    """What an operator at the console says of a restored database.  Raises Denied."""
    return publishing.acknowledge_restore(by="console", at=timezone.now())  # noqa: TID251 - a job reads the clock, once


def export_contents(path: Path) -> int:
    """The chain's contents into a file, with the permission of two officers.  Raises Denied, FileExistsError."""
    return head_export.export_contents(path, at=timezone.now())  # noqa: TID251 - a job reads the clock, once
