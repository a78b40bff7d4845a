"""Every use case asks for the duty itself: whoever calls it, from whichever room, gets no further without."""

from uuid import UUID

from hpki_server.authority import rules
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.officer import Officer
from hpki_server.people.queries import centre_ids


def require_at_centre(by: Officer | str, duty: Duty) -> None:
    """Raises `Denied` with `no_duty`."""
    if denials := rules.duty_denials(by, duty, centre_ids()):
        raise Denied(denials)


def require_at(by: Officer | str, duty: Duty, organisation: UUID) -> None:
    """In that organisation, or at the centre.  Raises `Denied` with `no_duty`."""
    if denials := rules.duty_denials(by, duty, centre_ids() | {organisation}):
        raise Denied(denials)
