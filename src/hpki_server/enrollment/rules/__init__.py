"""May this happen to an application?  Facts in, a list of denials out; nothing here reads a table, a clock or a request."""

from hpki_server.enrollment.rules.checklist import How, Item, Need, checklist, missing, outstanding
from hpki_server.enrollment.rules.complete import ALIAS_NOT_ALLOWED, IDENTITY_TOO_OLD
from hpki_server.enrollment.rules.correcting import parts_open, state_after_resubmission
from hpki_server.enrollment.rules.denying import IDENTITY_EXPIRED, IDENTITY_TERM_MISSING, Rule
from hpki_server.enrollment.rules.desk import fields_to_check
from hpki_server.enrollment.rules.facts import (
    Act,
    ApplicationFacts,
    Case,
    Letter,
    OriginalsSeen,
    PapersJudged,
    PickupShown,
    Posted,
)
from hpki_server.enrollment.rules.kinds import CaseKind
from hpki_server.enrollment.rules.letters import (
    LetterTerms,
    letter_may_be_posted_on,
    letter_may_be_printed_on,
    letter_terms,
)
from hpki_server.enrollment.rules.papers import (
    PAPERS,
    PARTS_OPENED,
    WITHOUT_TERM,
    FaceName,
    IdentityKind,
    Part,
    ReturnReason,
    in_term,
    issued_late_enough,
    originals_anew,
    parts_of,
)
from hpki_server.enrollment.rules.shown import WITHOUT_NUMBER, EntryField, ShownNumber, WrongNumber
from hpki_server.enrollment.rules.states import BEFORE_ORDER, CLOSED, LEADS_TO, STEPS_FROM, State, Step
from hpki_server.enrollment.rules.table import RULES, denials

__all__ = [
    "ALIAS_NOT_ALLOWED",
    "BEFORE_ORDER",
    "CLOSED",
    "IDENTITY_EXPIRED",
    "IDENTITY_TERM_MISSING",
    "IDENTITY_TOO_OLD",
    "LEADS_TO",
    "PAPERS",
    "PARTS_OPENED",
    "RULES",
    "STEPS_FROM",
    "WITHOUT_NUMBER",
    "WITHOUT_TERM",
    "Act",
    "ApplicationFacts",
    "Case",
    "CaseKind",
    "EntryField",
    "FaceName",
    "How",
    "IdentityKind",
    "Item",
    "Letter",
    "LetterTerms",
    "Need",
    "OriginalsSeen",
    "PapersJudged",
    "Part",
    "PickupShown",
    "Posted",
    "ReturnReason",
    "Rule",
    "ShownNumber",
    "State",
    "Step",
    "WrongNumber",
    "checklist",
    "denials",
    "fields_to_check",
    "in_term",
    "issued_late_enough",
    "letter_may_be_posted_on",
    "letter_may_be_printed_on",
    "letter_terms",
    "missing",
    "originals_anew",
    "outstanding",
    "parts_of",
    "parts_open",
    "state_after_resubmission",
]
