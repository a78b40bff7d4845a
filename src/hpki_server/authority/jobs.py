"""What runs by itself: at every start, and from a timer."""

from django.utils import timezone

from hpki_server.authority import services
from hpki_server.authority.services.closing import Closed


def close_open_records() -> Closed:
    """End what a power cut left open."""
    return services.close_open_records(at=timezone.now())  # noqa: TID251 - a job reads the clock, once
