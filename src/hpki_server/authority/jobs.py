"""What runs by itself: at every start, and from a timer."""

from django.utils import timezone

from hpki_server.authority import services
from hpki_server.authority.ocsp.ahead import SignedAhead, sign_ahead
from hpki_server.authority.services import time_stamp_units
from hpki_server.authority.services.closing import Closed
from hpki_server.authority.services.publishing import Published
from hpki_server.authority.services.remote_keys import Certified
from hpki_server.authority.services.responders import Renewed
from hpki_server.authority.services.responders import renew_responders as renew


def close_open_records() -> Closed:
    """End what a power cut left open."""
    return services.close_open_records(at=timezone.now())  # noqa: TID251 - a job reads the clock, once


def renew_responders() -> Renewed:
    """Certify the next OCSP responders in good time."""
    return renew(at=timezone.now())  # noqa: TID251 - a job reads the clock, once


def sign_answers_ahead() -> SignedAhead:
    """Sign the OCSP answers that are missing or have aged."""
    return sign_ahead(at=timezone.now())  # noqa: TID251 - a job reads the clock, once


def publish_lists() -> Published:
    """New revocation lists where the latest are a day old or miss a loss."""
    return services.publish_due(at=timezone.now())  # noqa: TID251 - a job reads the clock, once


def renew_time_stamp_units() -> tuple[str, ...]:
    """A time-stamp unit for every authority that has none, or an old one."""
    return time_stamp_units.renew_units(at=timezone.now())  # noqa: TID251 - a job reads the clock, once


def certify_remote_keys() -> Certified:
    """Certificates for remote use that a power cut left open; keys of ended ones are erased."""
    return services.certify_waiting(at=timezone.now())  # noqa: TID251 - a job reads the clock, once
