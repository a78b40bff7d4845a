"""May this happen in the life of a card, and where does its case stand then?  Facts in, denials out.  Pure."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from hpki_server.lifecycle.events import Action, Actor, EventRule, LifeEvent, LifePaper
from hpki_server.people.denial import Denial
from hpki_server.people.shown_dates import shown_in_both_lazy


class CaseState(StrEnum):
    PLANNED = "planned"
    HELD = "held"
    PAPERS = "papers"
    CARD = "card"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"

    @property
    def label(self) -> Promise:
        return _STATES[self]


class Step(StrEnum):
    REPORT = "report"
    HOLD = "hold"
    BEGIN = "begin"
    # What one officer put on hold becomes what two have decided.
    CONFIRM = "confirm"
    # The second officer found that the papers are not what was owed.
    REFUSE = "refuse"
    RECEIVE = "receive"
    END = "end"
    RESUME = "resume"
    APPLY = "apply"
    HAND_OVER = "hand-over"
    LAPSE = "lapse"
    WITHDRAW = "withdraw"


_STATES: Final = {
    CaseState.PLANNED: _("予定"),
    CaseState.HELD: _("一時停止中"),
    CaseState.PAPERS: _("書類待ち"),
    CaseState.CARD: _("新しいカード待ち"),
    CaseState.CLOSED: _("完了"),
    CaseState.WITHDRAWN: _("取下げ"),
    CaseState.LAPSED: _("期限切れにより失効"),
}
OPEN: Final = frozenset({CaseState.PLANNED, CaseState.HELD, CaseState.PAPERS, CaseState.CARD})
ENDED: Final = frozenset({CaseState.CLOSED, CaseState.WITHDRAWN, CaseState.LAPSED})
# From where a step may be taken; REPORT and HOLD begin a case.
STEPS_FROM: Final[dict[Step, frozenset[CaseState]]] = {
    Step.REPORT: frozenset(),
    Step.HOLD: frozenset(),
    Step.BEGIN: frozenset({CaseState.PLANNED}),
    Step.CONFIRM: frozenset({CaseState.HELD, CaseState.PAPERS}),
    Step.REFUSE: frozenset({CaseState.PAPERS}),
    Step.RECEIVE: frozenset({CaseState.HELD, CaseState.PAPERS}),
    Step.END: frozenset({CaseState.HELD}),
    Step.RESUME: frozenset({CaseState.HELD}),
    Step.APPLY: frozenset({CaseState.PAPERS, CaseState.CARD, CaseState.CLOSED}),
    Step.HAND_OVER: frozenset({CaseState.CARD, CaseState.PAPERS, CaseState.CLOSED}),
    Step.LAPSE: frozenset({CaseState.PAPERS}),
    Step.WITHDRAW: frozenset({CaseState.PLANNED, CaseState.CARD}),
}
HOLDERS_AND_DESKS: Final = frozenset({Actor.HOLDER, Actor.DESK, Actor.HOLDING, Actor.REVOKING})


@dataclass(frozen=True)
class CardSituation:
    """A card as these rules see it."""

    # hpki_server.authority.models.Card.State
    state: str
    held: bool
    ends_on: dt.date
    open_events: frozenset[LifeEvent] = frozenset()
    new_card_under_way: bool = False
    is_member: bool = False
    # A campaign has asked the holder to come before the window opens.
    asked_to_exchange: bool = False
    # A card that was issued elsewhere has none with us.
    has_certificates: bool = True


@dataclass(frozen=True)
class Report:
    """Somebody says that something happened to a card."""

    rule: EventRule
    # As whom; empty: without any right over this card.
    actors: frozenset[Actor]
    card: CardSituation
    on: dt.date
    window_days: int

    @property
    def window_opens_on(self) -> dt.date:
        """The first day on which a renewal is taken in."""
        return self.card.ends_on - dt.timedelta(days=self.window_days)


ReportRule = Callable[[Report], Denial | None]


def not_entitled(report: Report) -> Denial | None:
    if report.actors & report.rule.who:
        return None
    return Denial("not_entitled", _("このカードについて、この手続きを行う権限がありません。"))


def card_ended(report: Report) -> Denial | None:
    if report.card.state not in {"stopped", "scrapped"}:
        return None
    return Denial("card_ended", _("このカードは、すでに失効または廃棄されています。"))


def card_not_made(report: Report) -> Denial | None:
    if report.card.state not in {"ordered", "personalising"}:
        return None
    return Denial("card_not_made", _("このカードは、まだ発行されていません。発行の担当者にご連絡ください。"))


def not_handed_over(report: Report) -> Denial | None:
    if report.rule.action is not Action.ON_HAND_OVER or report.card.state != "issued":
        return None
    return Denial("not_handed_over", _("このカードは、まだお渡ししていません。お受け取りのあとで行えます。"))


def already_reported(report: Report) -> Denial | None:
    if report.rule.event not in report.card.open_events:
        return None
    return Denial("already_reported", _("このカードについて、同じ手続きがすでに進んでいます。"))


def new_card_under_way(report: Report) -> Denial | None:
    if report.rule.action is not Action.ON_HAND_OVER or not report.card.new_card_under_way:
        return None
    return Denial("new_card_under_way", _("このカードに代わる新しいカードの申請が、すでに進んでいます。"))


def paused(report: Report) -> Denial | None:
    """First the holder says whether the card was found."""
    if report.rule.action is not Action.ON_HAND_OVER or not report.card.held:
        return None
    return Denial(
        "card_held", _("カードがいったん止まっています。見つかったかどうかを、先にお知らせください。")
    )


def already_so(report: Report) -> Denial | None:
    """Members join no association, and who is none leaves none."""
    event, is_member = report.rule.event, report.card.is_member
    joins, leaves = event is LifeEvent.MEMBERSHIP_BEGAN, event is LifeEvent.MEMBERSHIP_ENDED
    if not (joins and is_member) and not (leaves and not is_member):
        return None
    return Denial("already_so", _("カードの会員種別は、すでにそのとおりです。"))


def too_early(report: Report) -> Denial | None:
    if report.rule.event is not LifeEvent.RENEWAL or report.card.asked_to_exchange:
        return None
    if report.on >= report.window_opens_on:
        return None
    first_day = shown_in_both_lazy(report.window_opens_on)
    return Denial("renewal_too_early", format_lazy(_("更新は、{day} から受け付けます。"), day=first_day))


def expired_for_the_page(report: Report) -> Denial | None:
    """Users 2(a): renew inside the window without a desk if the key is still valid, after expiry desk only."""
    if report.rule.action is not Action.ON_HAND_OVER or report.on <= report.card.ends_on:
        return None
    if report.actors & (report.rule.who - {Actor.HOLDER}):
        return None
    return Denial(
        "expired_desk_only",
        _("カードの有効期限が過ぎています。お手数ですが、医師会の窓口でお手続きください。"),
    )


def not_for_holding(report: Report) -> Denial | None:
    """A pause protects and can be taken back, so more people may ask for it than for an end."""
    if report.actors & HOLDERS_AND_DESKS:
        return None
    return Denial("not_entitled", _("このカードについて、この手続きを行う権限がありません。"))


def already_held(report: Report) -> Denial | None:
    if not report.card.held:
        return None
    return Denial("already_held", _("このカードは、すでに一時停止中です。"))


def nothing_to_hold(report: Report) -> Denial | None:
    """Nobody shall believe that a card pauses whose certificates only their issuer can stop."""
    if report.card.has_certificates:
        return None
    return Denial(
        "nothing_to_hold",
        _(
            "このカードの電子証明書は、当センターの記録にありません。一時停止は、発行した認証局にお申し出ください。"
        ),
    )


HOLD_RULES: Final[tuple[ReportRule, ...]] = (
    not_for_holding,
    card_ended,
    card_not_made,
    already_reported,
    already_held,
    nothing_to_hold,
)
REPORT_RULES: Final[tuple[ReportRule, ...]] = (
    not_entitled,
    card_ended,
    card_not_made,
    not_handed_over,
    already_reported,
    new_card_under_way,
    paused,
    already_so,
    too_early,
    expired_for_the_page,
)


def report_denials(report: Report) -> list[Denial]:
    """Every reason why the event cannot be taken in; whoever has no right hears nothing else."""
    if denial := not_entitled(report):
        return [denial]
    return [denial for rule in REPORT_RULES if (denial := rule(report))]


def hold_denials(report: Report) -> list[Denial]:
    if denial := not_for_holding(report):
        return [denial]
    return [denial for rule in HOLD_RULES if (denial := rule(report))]


# --- a case, once it is open ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class CaseFacts:
    """One case as the rules see it."""

    rule: EventRule
    # None before the first step.
    state: CaseState | None
    papers_missing: frozenset[LifePaper] = field(default_factory=frozenset)
    due_on: dt.date | None = None
    # The application for the new card is there; its card is in the holder's hands.
    has_application: bool = False
    is_replaced: bool = False


@dataclass(frozen=True)
class CaseStep:
    step: Step
    case: CaseFacts
    actors: frozenset[Actor]
    on: dt.date
    papers: frozenset[LifePaper] = field(default_factory=frozenset)


# Papers are looked at by an officer; what the system does follows from dates and hand-overs.
_MAY: Final[dict[Step, frozenset[Actor]]] = {
    Step.BEGIN: frozenset({Actor.SYSTEM}),
    # Only by `people.services.proposals.confirm`, which asks for the duty.
    Step.CONFIRM: frozenset(),
    Step.REFUSE: frozenset(),
    Step.RECEIVE: frozenset({Actor.DESK, Actor.REVOKING}),
    Step.END: frozenset({Actor.DESK, Actor.REVOKING, Actor.HOLDER, Actor.REGISTRY}),
    # Only as two officers: `services.settling.propose_resumption`.
    Step.RESUME: frozenset({Actor.HOLDING, Actor.REVOKING}),
    Step.APPLY: frozenset({Actor.HOLDER, Actor.DESK}),
    Step.HAND_OVER: frozenset({Actor.SYSTEM}),
    Step.LAPSE: frozenset({Actor.SYSTEM}),
    Step.WITHDRAW: frozenset({Actor.HOLDER, Actor.DESK, Actor.REGISTRY}),
}
StepRule = Callable[[CaseStep], Denial | None]


def wrong_state(facts: CaseStep) -> Denial | None:
    if facts.case.state in STEPS_FROM[facts.step]:
        return None
    return Denial(
        "wrong_state", _("この手続きは、ほかの操作によって状態が変わりました。最新の内容をご確認ください。")
    )


def may_not(facts: CaseStep) -> Denial | None:
    allowed = _MAY[facts.step]
    if facts.step in {Step.END, Step.WITHDRAW}:
        # A loss is ended by whoever may report it; the registry's decision only by the registry.
        allowed = allowed & facts.case.rule.who
    if facts.actors & allowed:
        return None
    return Denial("not_entitled", _("このカードについて、この手続きを行う権限がありません。"))


def no_such_paper(facts: CaseStep) -> Denial | None:
    if facts.step is not Step.RECEIVE or facts.papers:
        return None
    return Denial("no_paper", _("受け取った書類を選んでください。"))


def of_the_register(rule: EventRule) -> bool:
    """Told by the register's keepers and by nobody else."""
    return rule.who == {Actor.REGISTRY}


def only_by_the_register(facts: CaseStep) -> Denial | None:
    """A disposition ends and is taken back as it began: by two officers of the register."""
    if facts.step not in {Step.END, Step.WITHDRAW} or not of_the_register(facts.case.rule):
        return None
    return Denial(
        "two_officers", _("登録の変更による手続きは、一人では終えられません。二人の担当者で確認します。")
    )


def papers_first(facts: CaseStep) -> Denial | None:
    """A death that was only told is a hold; it ends with the paper (or by the register)."""
    if facts.step is not Step.END or not facts.case.papers_missing:
        return None
    if facts.case.rule.action is not Action.HOLD:
        return None
    return Denial("papers_first", _("書類を確かめてから失効します。それまでは一時停止のままです。"))


def not_lapsed_yet(facts: CaseStep) -> Denial | None:
    if facts.step is not Step.LAPSE:
        return None
    if facts.case.due_on is not None and facts.on > facts.case.due_on and facts.case.papers_missing:
        return None
    return Denial("not_lapsed", _("書類の期限は、まだ過ぎていません。"))


STEP_RULES: Final[tuple[StepRule, ...]] = (
    wrong_state,
    may_not,
    only_by_the_register,
    no_such_paper,
    papers_first,
    not_lapsed_yet,
)


def step_denials(facts: CaseStep) -> list[Denial]:
    return [denial for rule in STEP_RULES if (denial := rule(facts))]


def resting_state(case: CaseFacts, *, held: bool) -> CaseState:
    """Where an open case waits: on hold, for papers, for the new card; or it is done."""
    if held:
        return CaseState.HELD
    # An emergency's last paper closes nothing: the centre looks at all of them first.
    if case.papers_missing or case.rule.event is LifeEvent.EMERGENCY:
        return CaseState.PAPERS
    asked_for = case.has_application and case.rule.kind is not None
    waits_for_card = asked_for or case.rule.action is Action.ON_HAND_OVER
    return CaseState.CARD if waits_for_card and not case.is_replaced else CaseState.CLOSED


def months_after(day: dt.date, months: int) -> dt.date:
    """The same day so many months later, or the last one of a shorter month (民法 143条)."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    first_of_next = dt.date(year + month // 12, month % 12 + 1, 1)
    last = (first_of_next - dt.timedelta(days=1)).day
    return dt.date(year, month, min(day.day, last))
