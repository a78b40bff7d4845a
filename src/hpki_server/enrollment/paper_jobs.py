"""What runs by itself about papers."""

from django.utils import timezone

from hpki_server.enrollment.services import minimising, retention


def delete_expired_copies() -> int:
    """Copies past their term."""
    return retention.delete_expired_copies(at=timezone.now())  # noqa: TID251 - a job reads the clock, once


def minimise_closed() -> int:
    """Closed applications past their term."""
    return minimising.minimise_closed(at=timezone.now())  # noqa: TID251 - a job reads the clock, once
