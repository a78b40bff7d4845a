"""An application on paper: the desk types the same record in, by the same steps and the same rules as the web form."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from hpki_server.authority.models import Card
from hpki_server.enrollment.models import Application, ApplicationPaper, StateChange
from hpki_server.enrollment.queries import OPENS_PAPERS
from hpki_server.enrollment.rules import CLOSED, CaseKind, Part, State, Step
from hpki_server.enrollment.scanned_codes import new_form_code, read_form_code
from hpki_server.enrollment.services import replacing_rules
from hpki_server.enrollment.services.applying import CARD_UNKNOWN, OF_A_CARD, typed_before
from hpki_server.enrollment.services.record import leave_line, locked, place_of
from hpki_server.people import audit
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.duties import Duty
from hpki_server.people.models import Account
from hpki_server.people.officer import Officer

NO_DUTY = Denial("no_duty", _("この申請を扱う権限がありません。"))
CODE_UNREADABLE = Denial(
    "code_unreadable",
    _("コードを読み取れません。もう一度読み取るか、F に続く 14 桁の数字を入力してください。"),
)
ELSEWHERE = Denial("form_elsewhere", _("この用紙は、ほかの窓口ですでに入力されています。"))
OPEN_ALREADY = Denial("open_already", _("この方には、まだ終わっていない申請があります。"))
# Said of a number that nobody has and of one that another desk's card has: a desk learns of no card but its own.
NO_SUCH_CARD = Denial("no_such_card", _("この番号のカードはありません。番号をお確かめください。"))
FORM_SENT = Denial("form_sent", _("この申請は、すでにご本人が送信しています。"))


@dataclass(frozen=True)
class PaperForm:
    """What the sheet itself tells before anything is typed."""

    desk_id: UUID
    # As scanned_codes.read_form_code gives it; "" for a sheet without one, or for a second copy of one.
    form_code: str = ""
    kind: CaseKind = CaseKind.FIRST
    replaces: Card | None = None
    # The card's own page began it, and has asked the rules of the card's life.
    from_card_page: bool = False


def cards_of_desk(desk_id: UUID) -> QuerySet[Card]:
    """The cards for which papers are taken at this desk: its own, and those of the desks under it."""
    return Card.objects.filter(Q(organisation_id=desk_id) | Q(organisation__parent_id=desk_id))


@transaction.atomic
def start_paper_application(*, form: PaperForm, by: Officer, at: dt.datetime) -> Application:
    """The application of this sheet: a new draft of the desk, or the one that was begun from it before.

    Raises `Denied`: `no_duty`, `code_unreadable`, `form_elsewhere`, `card_unknown`, `no_such_card`, `open_already`, and
    what the rules of the card's life say (services.replacing_rules).
    """
    if not by.may(Duty.INTAKE, form.desk_id):
        raise Denied([NO_DUTY])
    code = read_form_code(form.form_code) if form.form_code else None
    if form.form_code and code is None:
        raise Denied([CODE_UNREADABLE])
    if code and (begun := Application.objects.select_for_update().filter(form_code=code).first()):
        return _taken_over(begun, form.desk_id, by=by, at=at)
    _ask_about_the_card(form, by=by, at=at)
    facts = _first_facts(form, by=by, at=at)
    if code is None:
        application, is_new = Application.objects.create(**facts), True
    else:
        # Two scanners may read one sheet at one moment; the database lets one of them begin.
        application, is_new = Application.objects.get_or_create(form_code=code, defaults=facts)
    if not is_new:
        return _taken_over(application, form.desk_id, by=by, at=at)
    _leave(application, Step.START_PAPER, form.desk_id, by=by, at=at)
    return application


def _ask_about_the_card(form: PaperForm, *, by: Officer, at: dt.datetime) -> None:
    if form.replaces is None:
        if form.kind in OF_A_CARD:
            raise Denied([CARD_UNKNOWN])
        return
    cards = cards_of_desk(form.desk_id).select_for_update(of=("self",))
    card = cards.filter(id=form.replaces.pk).first()
    if card is None:
        raise Denied([NO_SUCH_CARD])
    if form.kind is CaseKind.EMERGENCY or form.from_card_page:
        return
    if found := replacing_rules.denials(card, form.kind, by=by, at=at):
        raise Denied(found)


def _first_facts(form: PaperForm, *, by: Officer, at: dt.datetime) -> dict[str, object]:
    holder = _account_of(form.replaces)
    return {
        "applicant": holder,
        "email": holder.username if holder else "",
        "entered_by_id": by.account_id,
        "entry_desk_id": form.desk_id,
        "kind": form.kind.value,
        "replaces": form.replaces,
        "typed": typed_before(form.replaces, form.kind) if form.replaces else {},
        "state": State.DRAFT.value,
        "state_since": at,
    }


def _account_of(card: Card | None) -> Account | None:
    """The account under which the card was applied for: its holder sees the new case too."""
    made = Application.objects.filter(card=card).select_related("applicant").first() if card else None
    holder = made.applicant if made else None
    if holder is None:
        return None
    Account.objects.select_for_update().get(id=holder.pk)
    closed = [state.value for state in CLOSED]
    if Application.objects.filter(applicant=holder).exclude(state__in=closed).exists():
        raise Denied([OPEN_ALREADY])
    return holder


def _taken_over(application: Application, desk_id: UUID, *, by: Officer, at: dt.datetime) -> Application:
    """A draft that was begun from this sheet: at this desk, or by its applicant who printed, signed and brought it."""
    if application.entered_by_id is not None:
        own = (application.entry_desk_id, application.association_id)
        if not any(place and by.may(Duty.INTAKE, place) for place in own):
            raise Denied([ELSEWHERE])
        return application
    if application.state != State.DRAFT:
        raise Denied([FORM_SENT])
    application.entered_by_id, application.entry_desk_id = by.account_id, desk_id
    application.save(update_fields=["entered_by", "entry_desk"])
    _leave(application, Step.TAKE_OVER, desk_id, by=by, at=at)
    return application


def _leave(application: Application, step: Step, desk_id: UUID, *, by: Officer, at: dt.datetime) -> None:
    StateChange.objects.create(
        application=application,
        step=step.value,
        from_state=State.DRAFT.value if step is Step.TAKE_OVER else "",
        to_state=State.DRAFT.value,
        at=at,
        by_id=by.account_id,
        organisation_id=desk_id,
    )
    leave_line(application, step, by=by, at=at, place=desk_id)


@transaction.atomic
def give_form_code(*, application_id: UUID, by: Account, at: dt.datetime) -> Application:
    """The code under which the applicant's own printed draft is found again at a desk; given once.

    Raises `Denied`: `not_the_applicant`, `form_sent`.
    """
    application = locked(application_id)
    if application.applicant_id != by.pk:
        raise Denied([Denial("not_the_applicant", _("申請したご本人だけが行えます。"))])
    if application.state != State.DRAFT:
        raise Denied([FORM_SENT])
    if application.form_code is None:
        application.form_code = new_form_code()
        application.save(update_fields=["form_code"])
        audit.record(
            "application:print-form",
            by=by,
            subject_kind="application",
            subject_id=application.id,
            at=at,
        )
    return application


@transaction.atomic
def strike_out_reverse_side(*, application_id: UUID, part: Part, by: Officer, at: dt.datetime) -> None:
    """A copy that shows the reverse of a マイナンバーカード is deleted at once; only its hash stays, in the chain.

    Raises `Denied`: `no_duty`; `ApplicationPaper.DoesNotExist` when it is gone already.
    """
    application = locked(application_id)
    duty = OPENS_PAPERS.get(State(application.state))
    place = place_of(application, by, duty) if duty else None
    if place is None or part is Part.PHOTO:
        raise Denied([NO_DUTY])
    struck = ApplicationPaper.objects.get(application=application, kind=part.value)
    digest = struck.sha256
    struck.delete()
    audit.record(
        "application:strike-out",
        by=by,
        subject_kind="application",
        subject_id=application.id,
        at=at,
        organisation=place,
        details={"part": part.value, "sha256": digest, "reason": "reverse-side"},
    )
