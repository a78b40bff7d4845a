"""What runs by itself about papers."""

from django.utils import timezone

from hpki_server.enrollment.services import retention


def delete_expired_copies() -> int:
    """Copies past their term."""
    return retention.delete_expired_copies(at=timezone.now())  # noqa: TID251 - a job reads the clock, once
