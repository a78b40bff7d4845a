"""Photo IDs that lay on a desk: is their number known from somebody else, and what is kept of them."""

import datetime as dt
from dataclasses import replace
from uuid import UUID

from django.db.models import Q, QuerySet

from hpki_server.enrollment.models import Application, IdentitySeen, Occasion
from hpki_server.enrollment.rules import IdentityKind, OriginalsSeen, PickupShown, ShownNumber
from hpki_server.people.officer import Officer
from hpki_server.registry.matching import number_spellings


def judged_originals(application: Application, originals: OriginalsSeen) -> OriginalsSeen:
    """With what our records say about the number."""
    number = _judged(application, originals.identity_kind, originals.number)
    return replace(originals, number=number)


def judged_pickup(application: Application, shown: PickupShown) -> PickupShown:
    """With what our records say about the number."""
    return replace(shown, number=_judged(application, shown.identity_kind, shown.number))


def _judged(
    application: Application, kind: IdentityKind | None, number: ShownNumber | None
) -> ShownNumber | None:
    if number is None or kind is None or not number.keyed_hash:
        return number
    return replace(
        number,
        used_by_another=others_with(application, number.keyed_hash).exists(),
        differs_from_earlier=_differs_from_earlier(application, kind, number.keyed_hash),
    )


def others_with(application: Application, number_hash: str) -> QuerySet[IdentitySeen]:
    """The same number at somebody else's case.  The same person is whoever has licence and birthday in common."""
    same_person = Q(
        application__registration_number__in=number_spellings(application.registration_number),
        application__born_on=application.born_on,
    )
    found = IdentitySeen.objects.filter(number_hash=number_hash).exclude(application=application)
    return found.exclude(same_person)


def _differs_from_earlier(application: Application, kind: IdentityKind, number_hash: str) -> bool:
    """The same kind of document with another number than at this case's intake."""
    earlier = application.identities_seen.filter(kind=kind.value).exclude(number_hash="")
    return earlier.exists() and not earlier.filter(number_hash=number_hash).exists()


def keep_identity(
    application: Application,
    occasion: Occasion,
    shown: OriginalsSeen | PickupShown,
    *,
    by: Officer,
    at: dt.datetime,
    place: UUID | None,
) -> None:
    """One row for one look at a document; the rules have said yes."""
    if shown.identity_kind is None:
        raise ValueError("a document was looked at without its kind")
    number = shown.number or ShownNumber("")
    IdentitySeen.objects.create(
        application=application,
        occasion=occasion,
        kind=shown.identity_kind.value,
        number_hash=number.keyed_hash,
        used_by_another=number.used_by_another,
        seen_at=at,
        seen_by_id=by.account_id,
        organisation_id=place,
    )
