"""Acts that need two officers: what they are, and whether one may propose or confirm.  Facts in, denials out.

A room offers its own acts at start.  A confirmed act is carried out in the transaction of the confirmation; one without
`carry_out` is a permission that a command asks for (`services.proposals.require_confirmed`).
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hpki_server.people.denial import Denial
from hpki_server.people.duties import Duty

if TYPE_CHECKING:  # models name their choices from here
    from hpki_server.people.models import Proposal
    from hpki_server.people.officer import Officer

# A proposal that nobody confirmed in a week is made anew: the facts may have changed.
PROPOSAL_LIFE: Final = dt.timedelta(days=7)
# So long whoever made another officer's login anew and that officer are no two: the link may have been used by the first.
RENEWAL_APART: Final = dt.timedelta(days=7)
# A permission is used the same day.
PERMISSION_LIFE: Final = dt.timedelta(hours=24)

CarryOut = Callable[["Proposal", "Officer", dt.datetime], None]
# What exactly is proposed, in the reader's language.
Words = Callable[["Proposal"], str]


@dataclass(frozen=True)
class Act:
    """One act under dual control, and the duty of both officers."""

    name: str
    label: str | Promise
    duty: Duty
    carry_out: CarryOut | None = None
    # None: subject and details as they are recorded.
    words: Words | None = None
    # What was done at once and provisionally, undone in the transaction of the withdrawal.
    take_back: CarryOut | None = None
    # Who may propose it, where that is another duty than the one that confirms; empty: the same.
    proposers: frozenset[Duty] = frozenset()
    # Whoever confirms it sits at the centre, wherever it was proposed: an association does not confirm itself.
    confirmed_at_centre: bool = False
    # The page, of the proposal's id, where the second officer sees what it is about.
    page: str = ""


_acts: dict[str, Act] = {}


def offer(act: Act) -> None:
    """Called by a room's AppConfig.ready()."""
    _acts[act.name] = act


def act_named(name: str) -> Act:
    """Raises KeyError for an act that no room offers."""
    return _acts[name]


def acts() -> tuple[Act, ...]:
    return tuple(_acts.values())


@dataclass(frozen=True)
class DecisionFacts:
    """An officer is about to confirm or withdraw a proposal."""

    is_open: bool
    proposed_by: UUID
    proposed_at: dt.datetime
    officer_id: UUID
    officer_may: bool
    at: dt.datetime
    # One of the two made the other's login anew within RENEWAL_APART.
    renewed: bool = False


DUTY_MISSING: Final = Denial("duty_missing", _("この操作を行う権限がありません。"))
DecisionRule = Callable[[DecisionFacts], Denial | None]


def may_not(facts: DecisionFacts) -> Denial | None:
    if facts.officer_may:
        return None
    return DUTY_MISSING


def decided(facts: DecisionFacts) -> Denial | None:
    if facts.is_open:
        return None
    return Denial("already_decided", _("この操作は、すでに確認または取り下げられています。"))


def own_proposal(facts: DecisionFacts) -> Denial | None:
    if facts.officer_id != facts.proposed_by:
        return None
    return Denial("own_proposal", _("ご自分が申し出た操作は確認できません。別の担当者が確認します。"))


def too_old(facts: DecisionFacts) -> Denial | None:
    if dt.timedelta(0) <= facts.at - facts.proposed_at <= PROPOSAL_LIFE:
        return None
    return Denial("proposal_too_old", _("申し出から時間がたちました。取り下げて、もう一度申し出てください。"))


RENEWED_BY_THE_OTHER: Final = Denial(
    "renewed_by_the_other",
    _(
        "二人のうちの一人が、もう一人のログイン手段を 7 日以内に更新しています。ほかの担当者が確認してください。"
    ),
)


def renewed_by_the_other(facts: DecisionFacts) -> Denial | None:
    return RENEWED_BY_THE_OTHER if facts.renewed else None


CONFIRMATION_RULES: Final[tuple[DecisionRule, ...]] = (
    may_not,
    decided,
    own_proposal,
    renewed_by_the_other,
    too_old,
)
WITHDRAWAL_RULES: Final[tuple[DecisionRule, ...]] = (may_not, decided)


def denials(rules: tuple[DecisionRule, ...], facts: DecisionFacts) -> list[Denial]:
    return [denial for rule in rules if (denial := rule(facts))]


NOT_CONFIRMED: Final = Denial(
    "not_confirmed",
    _("この操作には、二人の担当者の確認が必要です。先に申し出て、別の担当者の確認を受けてください。"),
)
