"""Where is my card: the steps of one application as its applicant sees them, past and to come."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from hpki_server.enrollment import visit_words
from hpki_server.enrollment.models import Application, OfficeAddress, StateChange
from hpki_server.enrollment.rules import ApplicationFacts, CaseKind, State, Step
from hpki_server.enrollment.words import name_of
from hpki_server.people import pieces
from hpki_server.people.models import Organisation
from hpki_server.people.pieces import Progress

NOTHING_KNOWN: Mapping[Step, int] = MappingProxyType({})


@dataclass(frozen=True)
class Holder:
    """Who has the case now: office, what they do with it, and how to reach them."""

    office: str
    doing: str | Promise
    phone: str
    hours: tuple[str, ...]


@dataclass(frozen=True)
class Stage:
    """One line of the picture: done by any of `steps`; `waiting` says what is awaited while it is the present one."""

    title: Promise
    steps: frozenset[Step]
    expectation: Promise


STAGES = (
    Stage(
        gettext_lazy("申請"),
        frozenset({Step.SUBMIT, Step.RESUBMIT}),
        gettext_lazy("ご本人の送信を待っています"),
    ),
    Stage(
        gettext_lazy("受付（原本の確認）"),
        frozenset({Step.TAKE_IN}),
        gettext_lazy("住民票の写し（原本）と写真付き身分証をお持ちください。"),
    ),
    Stage(
        gettext_lazy("審査と医籍の照合"),
        frozenset({Step.VET}),
        gettext_lazy("電子認証センターが書類と医籍の登録を確かめます"),
    ),
    Stage(
        gettext_lazy("承認"),
        frozenset({Step.APPROVE}),
        gettext_lazy("電子認証センターの別の担当者が確かめます"),
    ),
    Stage(
        gettext_lazy("カードの発行"),
        frozenset({Step.ISSUE}),
        gettext_lazy("電子認証センターでカードを作ります"),
    ),
    Stage(
        gettext_lazy("通知ハガキの発送"),
        frozenset({Step.NOTIFY}),
        gettext_lazy("暗証番号通知書は別の封筒でお送りします"),
    ),
    Stage(
        gettext_lazy("お受け取り"),
        frozenset({Step.HAND_OVER}),
        gettext_lazy("ご署名した通知ハガキと写真付き身分証を、ご本人がお持ちください。"),
    ),
)
INTAKE, SENT, PICKUP = 1, 5, 6
# The stage that an application in a state is in; closed applications are in none.
STAGE_OF: dict[State, int] = {
    State.DRAFT: 0,
    State.SUBMITTED: 1,
    State.TAKEN_IN: 2,
    State.VETTED: 3,
    State.APPROVED: 4,
    State.ORDERED: 4,
    State.ISSUED: 5,
    State.NOTIFIED: 6,
    State.ACTIVE: 7,
    State.BROUGHT_BACK: 6,
    State.NOT_FETCHED: 6,
}


def stages_of(facts: ApplicationFacts, on: dt.date) -> tuple[Stage, ...]:
    """The seven of this case: an emergency brings no 住民票 and gets no postcard, a new card is given for the old."""
    stages = list(STAGES)
    stages[INTAKE] = replace(STAGES[INTAKE], expectation=visit_words.to_intake(facts, on))
    stages[PICKUP] = replace(STAGES[PICKUP], expectation=visit_words.to_pickup(facts, on))
    if facts.kind is CaseKind.EMERGENCY:
        stages[SENT] = replace(STAGES[SENT], title=gettext_lazy("カードの発送"))
    return tuple(stages)


def steps_of(
    application: Application,
    changes: Sequence[StateChange],
    usual: Mapping[Step, int] = NOTHING_KNOWN,
    *,
    stages: Sequence[Stage] = STAGES,
    waits_for_money: bool = False,
) -> list[pieces.Step]:
    """Seven steps with date, place and person; what is to come with how long it usually takes, where that is known."""
    state = State(application.state)
    if state in {State.RETURNED, State.WITHDRAWN}:
        # The picture keeps what was reached; whoever sent it back waits for the applicant, or nobody waits any more.
        state = State(next(change for change in reversed(changes) if change.to_state == state).from_state)
        if state is State.RETURNED:
            state = State(next(c for c in reversed(changes) if c.to_state == state).from_state)
    present = STAGE_OF.get(state, 0)
    steps = [
        _with_usual(_step(stage, position, present, application, changes), stage, usual)
        for position, stage in enumerate(stages)
    ]
    if waits_for_money:
        note = _("ご入金を確認してから、電子認証センターでカードを作ります")
        return [replace(step, note=note) if step.progress is Progress.NOW else step for step in steps]
    return steps


def _with_usual(step: pieces.Step, stage: Stage, usual: Mapping[Step, int]) -> pieces.Step:
    days = next((usual[each] for each in stage.steps if each in usual), None)
    if step.progress is Progress.DONE or days is None or not step.note:
        return step
    known = ngettext("ふだんは %(days)d 日ほど", "ふだんは %(days)d 日ほど", days) % {"days": days}
    return replace(step, note=f"{step.note}（{known}）")


def _step(
    stage: Stage, position: int, present: int, application: Application, changes: Sequence[StateChange]
) -> pieces.Step:
    if position < present:
        latest = [change for change in changes if change.step in {step.value for step in stage.steps}]
        if latest:
            change = latest[-1]
            return pieces.Step(stage.title, Progress.DONE, change.at, actor_of(application, change))
    note: str | Promise = stage.expectation
    if position == present and application.state == State.RETURNED:
        return pieces.Step(stage.title, Progress.NOW, None, _("ご本人の差し替えを待っています"))
    if position == present and application.state == State.BROUGHT_BACK:
        return pieces.Step(
            stage.title,
            Progress.NOW,
            None,
            _(
                "お受け取りがなかったため、カードは電子認証センターに戻りました。お受け取りを希望される場合はご連絡ください"
            ),
        )
    if position >= present and application.state == State.NOT_FETCHED:
        return pieces.Step(stage.title, Progress.TO_COME, None, _("お受け取りがなかったため終了"))
    if position >= present and application.state == State.WITHDRAWN:
        return pieces.Step(stage.title, Progress.TO_COME, None, _("取下げにより終了"))
    if position in {INTAKE, PICKUP} and application.association is not None:
        note = _("%(place)s　%(what)s") % {"place": name_of(application.association), "what": note}
    return pieces.Step(stage.title, Progress.NOW if position == present else Progress.TO_COME, None, note)


def actor_of(application: Application, change: StateChange) -> str:
    """Place and person; the applicant is told the office, and for officers the person as well."""
    if change.by_id == application.applicant_id:
        return _("ご本人")
    place = name_of(change.organisation) if change.organisation else ""
    return f"{place}　{change.by.name}".strip("　")


def held_by(application: Application) -> str:
    """Who has the application now, in the words of the lead line."""
    association = name_of(application.association) if application.association else ""
    words = {
        State.DRAFT: _("ご本人の記入"),
        State.RETURNED: _("ご本人の差し替え"),
        State.SUBMITTED: _("%(place)sの受付") % {"place": association},
        State.TAKEN_IN: _("電子認証センターの審査"),
        State.VETTED: _("電子認証センターの承認"),
        State.APPROVED: _("電子認証センターの発行"),
        State.ORDERED: _("電子認証センターの発行"),
        State.ISSUED: _("電子認証センターの発送"),
        State.NOTIFIED: _("%(place)sでのお受け取り") % {"place": association},
        State.BROUGHT_BACK: _("お受け取りについてのご連絡"),
    }
    return words.get(State(application.state), "")


AT_THE_ASSOCIATION: dict[State, Promise] = {
    State.SUBMITTED: gettext_lazy("受付（原本の確認）"),
    State.NOTIFIED: gettext_lazy("カードのお渡し"),
}
AT_THE_CENTRE: dict[State, Promise] = {
    State.TAKEN_IN: gettext_lazy("審査"),
    State.VETTED: gettext_lazy("承認"),
    State.APPROVED: gettext_lazy("発行の準備"),
    State.ORDERED: gettext_lazy("カードの発行"),
    State.ISSUED: gettext_lazy("発送"),
    State.BROUGHT_BACK: gettext_lazy("カードの保管"),
}


def holder_of(application: Application) -> Holder | None:
    """None while the applicant has it, and at the end."""
    state = State(application.state)
    if state in AT_THE_ASSOCIATION and application.association is not None:
        return _holder(application.association, AT_THE_ASSOCIATION[state])
    if state in AT_THE_CENTRE:
        centre = Organisation.objects.filter(kind=Organisation.Kind.CENTRE).order_by("code").first()
        return _holder(centre, AT_THE_CENTRE[state]) if centre else None
    return None


def _holder(organisation: Organisation, doing: Promise) -> Holder:
    office = OfficeAddress.objects.filter(organisation=organisation).first()
    return Holder(
        office=name_of(organisation),
        doing=doing,
        phone=office.phone if office else "",
        hours=tuple(office.hours) if office else (),
    )
