"""What is handed in, which photo IDs count, and what a return opens for correction."""

import datetime as dt
from collections.abc import Iterable
from enum import StrEnum


class Part(StrEnum):
    """What an applicant hands in; a returned application is open for correction in the named parts only."""

    ENTRIES = "entries"
    PHOTO = "photo"
    LICENCE = "licence"
    IDENTITY = "identity"


PAPERS = (Part.PHOTO, Part.LICENCE, Part.IDENTITY)


class IdentityKind(StrEnum):
    """The six photo IDs that are accepted (mission M3)."""

    PASSPORT = "passport"
    DRIVING_LICENCE = "driving-licence"
    DRIVING_RECORD = "driving-record"
    RESIDENT_CARD = "resident-card"
    MY_NUMBER_CARD = "my-number-card"
    OFFICIAL_CARD = "official-card"


# M3: "those with a term must be in term on the day."  A driving record certificate and some official cards have none.
WITHOUT_TERM = frozenset({IdentityKind.DRIVING_RECORD, IdentityKind.OFFICIAL_CARD})


class ReturnReason(StrEnum):
    PHOTO_UNCLEAR = "photo-unclear"
    LICENCE_UNREADABLE = "licence-unreadable"
    IDENTITY_UNREADABLE = "identity-unreadable"
    IDENTITY_EXPIRED = "identity-expired"
    ENTRIES_DIFFER = "entries-differ"
    REGISTRY_DIFFERS = "registry-differs"
    RESIDENCE_RECORD_MISSING = "residence-record-missing"


PARTS_OPENED: dict[ReturnReason, frozenset[Part]] = {
    ReturnReason.PHOTO_UNCLEAR: frozenset({Part.PHOTO}),
    ReturnReason.LICENCE_UNREADABLE: frozenset({Part.LICENCE}),
    ReturnReason.IDENTITY_UNREADABLE: frozenset({Part.IDENTITY}),
    ReturnReason.IDENTITY_EXPIRED: frozenset({Part.IDENTITY}),
    ReturnReason.ENTRIES_DIFFER: frozenset({Part.ENTRIES}),
    ReturnReason.REGISTRY_DIFFERS: frozenset({Part.ENTRIES}),
    # Nothing to correct on the page: the original is brought to the desk.
    ReturnReason.RESIDENCE_RECORD_MISSING: frozenset(),
}


def parts_of(reasons: Iterable[ReturnReason]) -> frozenset[Part]:
    return frozenset().union(*(PARTS_OPENED[reason] for reason in reasons))


def in_term(kind: IdentityKind | None, expires_on: dt.date | None, on: dt.date) -> bool:
    """Is an identity document usable on the day?  A kind that always has a term must name it."""
    if expires_on is None:
        return kind in WITHOUT_TERM
    return on <= expires_on
