"""What a draft or a returned application leaves open, and where it goes when it comes back."""

from hpki_server.enrollment.rules.checklist import may_follow
from hpki_server.enrollment.rules.facts import ApplicationFacts
from hpki_server.enrollment.rules.papers import PARTS_OPENED, Part, parts_of
from hpki_server.enrollment.rules.states import State


def parts_open(facts: ApplicationFacts) -> frozenset[Part]:
    """What the applicant may change now: everything in a draft, the named parts in a returned application.

    Of an emergency case the papers that follow stay open until they are here.
    """
    if facts.state is State.DRAFT:
        return frozenset(Part)
    follow = may_follow(facts) - facts.parts_present
    if facts.state is State.RETURNED:
        return parts_of(facts.return_reasons) | follow
    return frozenset() if facts.state is State.WITHDRAWN else follow


def state_after_resubmission(facts: ApplicationFacts) -> State:
    """Back to the desk, unless the desk has already seen the originals and only copies were exchanged.

    A changed entry (a name, an address) must be held against the original 住民票 again, and only the desk sees that.
    """
    only_copies = bool(facts.return_reasons) and all(
        PARTS_OPENED[reason] and Part.ENTRIES not in PARTS_OPENED[reason] for reason in facts.return_reasons
    )
    return State.TAKEN_IN if facts.taken_in and only_copies else State.SUBMITTED
