"""What a rule may look at: the application, who acts, and what the desk saw, as frozen values."""

import datetime as dt
import uuid
from dataclasses import dataclass, field
from enum import StrEnum

from hpki_server.enrollment.rules.kinds import CaseKind
from hpki_server.enrollment.rules.papers import FaceName, IdentityKind, Part, ReturnReason
from hpki_server.enrollment.rules.shown import EntryField, ShownNumber
from hpki_server.enrollment.rules.states import State, Step
from hpki_server.registry.dispositions import InForce


@dataclass(frozen=True)
class ApplicationFacts:
    """An application as the rules see it."""

    state: State
    # None where the application came on paper and nobody has an account.
    applicant_id: uuid.UUID | None
    # The desk officer who typed an application on paper.
    entered_by: uuid.UUID | None = None
    # Other officers who typed or scanned something in it; known where it is vetted and approved.
    also_entered_by: frozenset[uuid.UUID] = frozenset()
    kind: CaseKind = CaseKind.FIRST
    entries_complete: bool = False
    parts_present: frozenset[Part] = frozenset()
    identity_kind: IdentityKind | None = None
    identity_expires_on: dt.date | None = None
    identity_issued_on: dt.date | None = None
    face_name: FaceName = FaceName.LEGAL
    former_name_on_paper: bool = False
    has_alias: bool = False
    special_permanent_resident: bool = False
    # What the desk has seen with its own eyes.
    originals_seen: frozenset[Part] = frozenset()
    taken_in: bool = False
    vetted_by: uuid.UUID | None = None
    registry_agrees: bool = False
    # When a revocation or suspension of the licence bars the registration; asked where a step could be barred.
    registry_bars: tuple[InForce, ...] = ()
    # Somebody told a desk, or the register says, that the person has died; known where a step is taken.
    death_reported: bool = False
    # A living card of the same registration that this application does not replace; known where it is asked for.
    has_another_card: bool = False
    # A card for another name or membership is asked for, and the entries say what the present card says.
    same_as_card: bool = False
    # The card that it would replace bears another registration number.
    replaces_a_stranger: bool = False
    # What has to be paid before the card is made was paid, or nothing had to be.
    fee_settled: bool = False
    return_reasons: frozenset[ReturnReason] = frozenset()
    # Papers that a return asked for anew and that have not come yet.
    parts_awaited: frozenset[Part] = frozenset()
    postcard_printed: bool = False
    pin_letter_printed: bool = False
    postcard_printed_on: dt.date | None = None
    pin_letter_printed_on: dt.date | None = None
    # When they went into the letter box, as an officer recorded it.
    postcard_posted_on: dt.date | None = None
    pin_letter_posted_on: dt.date | None = None
    # The card of a test hierarchy: what its letters tell is no secret.
    specimen: bool = False
    # Since when it stands in its state.
    since: dt.date | None = None


@dataclass(frozen=True)
class Act:
    """Who acts, on which day, and whether the duty that the step asks for is theirs where the application lies."""

    by: uuid.UUID
    on: dt.date
    has_duty: bool = False


@dataclass(frozen=True)
class OriginalsSeen:
    """What the intake desk saw with its own eyes."""

    residence_record: bool
    identity_kind: IdentityKind | None
    identity_expires_on: dt.date | None
    number: ShownNumber | None = None
    # The person stood at the desk and is the one of photo and document.
    met_applicant: bool = False


@dataclass(frozen=True)
class PapersJudged:
    """What the vetting officer found on the copies."""

    photo_fits: bool
    licence_fits: bool
    identity_fits: bool
    # Other copies, where the case has them.
    others_fit: frozenset[Part] = frozenset()
    # The entries that stand on the papers as they were written.
    fields: frozenset[EntryField] = frozenset()


@dataclass(frozen=True)
class PickupShown:
    """What the holder brought to the desk."""

    in_person: bool
    postcard: bool
    identity_kind: IdentityKind | None
    identity_expires_on: dt.date | None
    number: ShownNumber | None = None
    # The card that the new one takes the place of was given back.
    old_card: bool = False


class Letter(StrEnum):
    """The two that must not lie in one letter box together."""

    POSTCARD = "postcard"
    PIN_LETTER = "pin-letter"


@dataclass(frozen=True)
class Posted:
    """A letter that an officer says was posted on a day."""

    letter: Letter
    on: dt.date


@dataclass(frozen=True)
class Case:
    """One step on one application: all that a rule may look at."""

    step: Step
    facts: ApplicationFacts
    act: Act
    originals: OriginalsSeen | None = None
    papers: PapersJudged | None = None
    pickup: PickupShown | None = None
    posted: Posted | None = None
    reasons: frozenset[ReturnReason] = field(default_factory=frozenset)
