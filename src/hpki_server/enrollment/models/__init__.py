"""The tables of enrollment."""

from hpki_server.enrollment.models.application import (
    AFTER_APPROVAL,
    Application,
    ApplicationPaper,
    EntryTypist,
    NumberSequence,
    OriginalSeen,
    StateChange,
    number_of,
)
from hpki_server.enrollment.models.desk import (
    Appointment,
    CaseHolder,
    DeskEntry,
    DeskSlot,
    EntriesChecked,
    IdentitySeen,
    Occasion,
    PickupCheck,
    PickupVisit,
)
from hpki_server.enrollment.models.letters import LetterInRun, LetterPosting, LetterRun, PickupReminder
from hpki_server.enrollment.models.office import OfficeAddress
from hpki_server.enrollment.models.words import (
    CASE_WORDS,
    FACE_NAME_WORDS,
    IDENTITY_WORDS,
    PART_WORDS,
    REASON_WORDS,
    STATE_WORDS,
    Sex,
)
from hpki_server.people.member_kind import MemberKind

__all__ = [
    "AFTER_APPROVAL",
    "CASE_WORDS",
    "FACE_NAME_WORDS",
    "IDENTITY_WORDS",
    "PART_WORDS",
    "REASON_WORDS",
    "STATE_WORDS",
    "Application",
    "ApplicationPaper",
    "Appointment",
    "CaseHolder",
    "DeskEntry",
    "DeskSlot",
    "EntriesChecked",
    "EntryTypist",
    "IdentitySeen",
    "LetterInRun",
    "LetterPosting",
    "LetterRun",
    "MemberKind",
    "NumberSequence",
    "Occasion",
    "OfficeAddress",
    "OriginalSeen",
    "PickupCheck",
    "PickupReminder",
    "PickupVisit",
    "Sex",
    "StateChange",
    "number_of",
]
