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
    FAMILY_REGISTER = "family-register"
    ALIAS_PROOF = "alias-proof"
    LOSS_REPORT = "loss-report"
    # Shown or given back at the desk; no copy of these is ever taken.
    RESIDENCE = "residence-record"
    OLD_CARD = "old-card"


# What is kept as a copy.
PAPERS = (
    Part.PHOTO,
    Part.LICENCE,
    Part.IDENTITY,
    Part.FAMILY_REGISTER,
    Part.ALIAS_PROOF,
    Part.LOSS_REPORT,
)


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
# M3: "運転経歴証明書 (issued 2012-04-01 or later)"; an older one ceased to count as an identity document.
ISSUED_SINCE = {IdentityKind.DRIVING_RECORD: dt.date(2012, 4, 1)}


class FaceName(StrEnum):
    """Which name stands beside the legal name on the card; M3: never a pen or stage name."""

    LEGAL = "legal"
    WITH_FORMER = "with-former"
    WITH_ALIAS = "with-alias"


class ReturnReason(StrEnum):
    PHOTO_UNCLEAR = "photo-unclear"
    LICENCE_UNREADABLE = "licence-unreadable"
    IDENTITY_UNREADABLE = "identity-unreadable"
    IDENTITY_EXPIRED = "identity-expired"
    ENTRIES_DIFFER = "entries-differ"
    REGISTRY_DIFFERS = "registry-differs"
    RESIDENCE_RECORD_MISSING = "residence-record-missing"
    IDENTITY_WRONG_KIND = "identity-wrong-kind"
    REVERSE_SIDE = "reverse-side"
    LICENCE_NAME_DIFFERS = "licence-name-differs"
    FAMILY_REGISTER_MISSING = "family-register-missing"
    FAMILY_REGISTER_UNREADABLE = "family-register-unreadable"
    ALIAS_PROOF_MISSING = "alias-proof-missing"
    ALIAS_PROOF_UNREADABLE = "alias-proof-unreadable"
    LOSS_REPORT_MISSING = "loss-report-missing"
    OLD_CARD_MISSING = "old-card-missing"
    REGISTRY_UNDECIDED = "registry-undecided"


PARTS_OPENED: dict[ReturnReason, frozenset[Part]] = {
    ReturnReason.PHOTO_UNCLEAR: frozenset({Part.PHOTO}),
    ReturnReason.LICENCE_UNREADABLE: frozenset({Part.LICENCE}),
    ReturnReason.IDENTITY_UNREADABLE: frozenset({Part.IDENTITY}),
    ReturnReason.IDENTITY_EXPIRED: frozenset({Part.IDENTITY}),
    ReturnReason.ENTRIES_DIFFER: frozenset({Part.ENTRIES}),
    ReturnReason.REGISTRY_DIFFERS: frozenset({Part.ENTRIES}),
    # Nothing to correct on the page: the original is brought to the desk (ORIGINALS_OF).
    ReturnReason.RESIDENCE_RECORD_MISSING: frozenset(),
    ReturnReason.IDENTITY_WRONG_KIND: frozenset({Part.IDENTITY}),
    ReturnReason.REVERSE_SIDE: frozenset({Part.IDENTITY}),
    # Either the entries name the former name, or the paper that explains it comes.
    ReturnReason.LICENCE_NAME_DIFFERS: frozenset({Part.ENTRIES, Part.FAMILY_REGISTER}),
    ReturnReason.FAMILY_REGISTER_MISSING: frozenset({Part.FAMILY_REGISTER}),
    ReturnReason.FAMILY_REGISTER_UNREADABLE: frozenset({Part.FAMILY_REGISTER}),
    ReturnReason.ALIAS_PROOF_MISSING: frozenset({Part.ALIAS_PROOF}),
    ReturnReason.ALIAS_PROOF_UNREADABLE: frozenset({Part.ALIAS_PROOF}),
    ReturnReason.LOSS_REPORT_MISSING: frozenset({Part.LOSS_REPORT}),
    ReturnReason.OLD_CARD_MISSING: frozenset(),
    # The register alone cannot tell who this is; the 戸籍 can.
    ReturnReason.REGISTRY_UNDECIDED: frozenset({Part.FAMILY_REGISTER}),
}


# Originals that the person brings, or gives back at the desk.
ORIGINALS_OF: dict[ReturnReason, Part] = {
    ReturnReason.RESIDENCE_RECORD_MISSING: Part.RESIDENCE,
    ReturnReason.OLD_CARD_MISSING: Part.OLD_CARD,
}


def originals_anew(reasons: Iterable[ReturnReason]) -> frozenset[Part]:
    """What the desk has to look at once more: an original that was not in order, and the 住民票 beside changed entries."""
    named = set(reasons)
    changed = {Part.RESIDENCE} if Part.ENTRIES in parts_of(named) else set()
    return frozenset({ORIGINALS_OF[reason] for reason in named if reason in ORIGINALS_OF} | changed)


def parts_of(reasons: Iterable[ReturnReason]) -> frozenset[Part]:
    return frozenset().union(*(PARTS_OPENED[reason] for reason in reasons))


def in_term(kind: IdentityKind | None, expires_on: dt.date | None, on: dt.date) -> bool:
    """Is an identity document usable on the day?  A kind that always has a term must name it."""
    if expires_on is None:
        return kind in WITHOUT_TERM
    return on <= expires_on


def issued_late_enough(kind: IdentityKind | None, issued_on: dt.date | None) -> bool:
    """Is an identity document of a kind that counts only from some day on issued since then?"""
    since = ISSUED_SINCE.get(kind) if kind else None
    return since is None or (issued_on is not None and issued_on >= since)
