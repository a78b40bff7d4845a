"""What the pages of production, letters and cards that are not fetched show; the viewer first."""

import datetime as dt
import json
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _

from hpki_server.authority import production_queries
from hpki_server.authority.models import Card
from hpki_server.authority.production_models import BatchItem, ProductionBatch
from hpki_server.authority.production_rules import BatchNumbers
from hpki_server.authority.production_words import event_words, obstacle_words, reason_words
from hpki_server.enrollment import queries
from hpki_server.enrollment.models import CASE_WORDS, Application, LetterRun, PickupReminder
from hpki_server.enrollment.rules import CaseKind, State, letter_terms
from hpki_server.enrollment.services import letters, not_fetched
from hpki_server.enrollment.services.record import day_of
from hpki_server.enrollment.words import name_of
from hpki_server.people.duties import Duty
from hpki_server.people.member_kind import MemberKind
from hpki_server.people.models import Account, Organisation
from hpki_server.people.officer import Officer
from hpki_server.people.pieces import Chip, Tone
from hpki_server.people.queries import centre_ids

BATCH_TONES = {
    ProductionBatch.State.PLANNED: Tone.QUIET,
    ProductionBatch.State.PRODUCING: Tone.KEY,
    ProductionBatch.State.RECONCILED: Tone.WARN,
    ProductionBatch.State.CLOSED: Tone.OK,
}
ITEM_TONES = {
    BatchItem.State.WAITING: Tone.QUIET,
    BatchItem.State.PERSONALISED: Tone.OK,
    BatchItem.State.SCRAPPED: Tone.BAD,
    BatchItem.State.MOVED_OUT: Tone.WARN,
}
CHANNEL_WORDS = {"ordinary-mail": _("普通郵便"), "registered-mail": _("簡易書留")}
LOG_LINES = 40


# --- batches --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BatchLine:
    batch: ProductionBatch
    done: int
    chip: Chip
    # How its cards were chosen.
    chosen: str


@dataclass(frozen=True)
class ItemLine:
    item: BatchItem
    application: Application | None
    chip: Chip
    reason: str
    differs: bool
    may_scrap: bool
    may_move_out: bool


@dataclass(frozen=True)
class LogLine:
    at: dt.datetime
    what: str
    card_id: str
    detail: str
    by: str


def _sees_production(viewer: Officer) -> bool:
    return bool(viewer.organisations(Duty.ISSUING) & centre_ids())


def batches(viewer: Officer) -> QuerySet[ProductionBatch]:
    """Newest first; only the centre's issuing desk has any."""
    found = production_queries.batches()
    return found if _sees_production(viewer) else found.none()


def approved(viewer: Officer) -> int:
    """Cases whose card is not ordered yet."""
    return queries.waiting(viewer, Duty.ISSUING, state=State.APPROVED.value).count()


def batch_line(batch: ProductionBatch, done: int) -> BatchLine:
    state = ProductionBatch.State(batch.state)
    chosen = chosen_words(batch.chosen)
    return BatchLine(batch, done, Chip(state.label, BATCH_TONES[state]), chosen)


def chosen_words(chosen: str) -> str:
    """What `production.plan_batch` wrote, in the reader's language."""
    facts: dict[str, str | int] = json.loads(chosen) if chosen.startswith("{") else {}
    words = []
    if (
        place := Organisation.objects.filter(id=str(facts["association"])).first()
        if "association" in facts
        else None
    ):
        words.append(name_of(place))
    if "kind" in facts:
        words.append(str(CASE_WORDS[CaseKind(str(facts["kind"]))]))
    if "member_kind" in facts:
        words.append(str(MemberKind(str(facts["member_kind"])).label))
    if "age_days" in facts:
        words.append(str(_("発注から %(days)s 日以上") % {"days": facts["age_days"]}))
    if "most" in facts:
        words.append(str(_("古い順に %(most)s 枚まで") % {"most": facts["most"]}))
    return "　".join(words)


def batch(viewer: Officer, batch_id: UUID) -> ProductionBatch:
    """Raises `ProductionBatch.DoesNotExist`."""
    return batches(viewer).get(id=batch_id)


def item_lines(shown: ProductionBatch, items: list[BatchItem]) -> list[ItemLine]:
    """The items of a page with their applications."""
    differing = {item.id for item in production_queries.differing_items(shown)}
    numbers = [item.card.reference for item in items]
    cases = {one.number: one for one in Application.objects.filter(number__in=numbers)}
    is_open = shown.state in production_queries.OPEN
    return [_item_line(item, cases.get(item.card.reference), item.id in differing, is_open) for item in items]


def _item_line(item: BatchItem, case: Application | None, differs: bool, is_open: bool) -> ItemLine:  # noqa: FBT001 - two facts of one line
    state = BatchItem.State(item.state)
    lies_here = case is not None and case.card_id == item.card_id
    return ItemLine(
        item=item,
        application=case,
        chip=Chip(state.label, ITEM_TONES[state]),
        reason=reason_words(item.reason),
        differs=differs,
        may_scrap=is_open
        and lies_here
        and case is not None
        and case.state in {State.ORDERED, State.ISSUED}
        and item.state in {BatchItem.State.WAITING, BatchItem.State.PERSONALISED},
        may_move_out=is_open and item.state == BatchItem.State.WAITING,
    )


def items(shown: ProductionBatch) -> QuerySet[BatchItem]:
    return shown.items.select_related("card").defer("card__photo_sealed").order_by("position")


def log_lines(shown: ProductionBatch) -> list[LogLine]:
    rows = list(production_queries.events(shown, limit=LOG_LINES))
    accounts = Account.objects.filter(id__in={row.by for row in rows if row.by != "system"})
    names = {str(account.pk): account.name for account in accounts}
    return [
        LogLine(
            at=row.at,
            what=event_words(row.what),
            card_id=row.card.card_id if row.card else "",
            detail=obstacle_words(row.detail) if row.what == "obstacle" else reason_words(row.detail),
            by=names.get(row.by) or str(_("システム")),
        )
        for row in rows
    ]


def numbers(shown: ProductionBatch) -> BatchNumbers:
    return production_queries.batch_numbers(shown)


# --- letters --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tray:
    """What waits for a print run of one kind."""

    kind: LetterRun.Kind
    waiting: int
    ready: int
    # The next day on which one more may be printed.
    next_day: dt.date | None
    # Where letters wait for an association's address, and how many.
    unaddressed: list[tuple[str, int]]


def trays(viewer: Officer, *, at: dt.datetime) -> list[Tray]:
    if not _sees_production(viewer):
        return []
    return [_tray(kind, at=at) for kind in LetterRun.Kind]


def channels(*, at: dt.datetime) -> dict[str, str]:
    """By which post each letter goes today."""
    terms = letter_terms(day_of(at))
    return {
        "postcard": str(CHANNEL_WORDS[terms.postcard_channel]),
        "pin_letter": str(CHANNEL_WORDS[terms.pin_letter_channel]),
    }


def _tray(kind: LetterRun.Kind, *, at: dt.datetime) -> Tray:
    """Counted by the database: after a batch of five hundred cards nobody waits for five hundred judgements."""
    ready = min(letters.due(kind, at=at).count(), letters.MOST)
    waiting = letters.waiting_for(kind).count()
    return Tray(kind, waiting, ready, letters.first_day(kind, at=at), letters.without_address(kind))


def runs(viewer: Officer, *, limit: int = 30) -> QuerySet[LetterRun]:
    found = LetterRun.objects.select_related("by").order_by("-made_at")
    return found[:limit] if _sees_production(viewer) else found.none()


def sendable(viewer: Officer) -> int:
    """Cases whose letters are both on their way."""
    return letters.count_sendable() if _sees_production(viewer) else 0


def next_days(application: Application, *, at: dt.datetime) -> dict[str, dt.date | None]:
    """From when each letter of a case may be printed; None: today."""
    return {
        "postcard": letters.next_day_for(application, LetterRun.Kind.POSTCARD, at=at),
        "pin_letter": letters.next_day_for(application, LetterRun.Kind.PIN_LETTER, at=at),
    }


def remote_of(application: Application) -> Card | None:
    """What the holder has beside the card: certificates whose keys the service keeps."""
    if not application.number:
        return None
    ended = (Card.State.STOPPED, Card.State.SCRAPPED)
    found = Card.objects.filter(reference=application.number, carrier=Card.Carrier.REMOTE)
    return found.exclude(state__in=ended).defer("photo_sealed").first()


# --- cards that nobody fetches -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Unfetched:
    """A card that waits too long, or came back; what this viewer may do about it."""

    case: Application
    days: int
    told: tuple[int, ...]
    may_bring_back: bool
    may_send_again: bool
    is_proposed: bool
    # Only the issuing desk has a page about the card.
    opens_case: bool


def unfetched(viewer: Officer, *, at: dt.datetime) -> list[Unfetched]:
    """Cards not fetched since the first reminder's term, and those that are back at the centre; oldest first."""
    today = day_of(at)
    terms = letter_terms(today)
    first = at - dt.timedelta(days=terms.reminder_days[0] - 1)
    cases = queries.visible(viewer, (Duty.ISSUING, Duty.PICKUP)).filter(
        state__in=[State.NOTIFIED.value, State.BROUGHT_BACK.value]
    )
    cases = cases.exclude(state=State.NOTIFIED.value, state_since__gt=first).order_by("state_since")
    # Hundreds of photographs at once would fill the memory of the process.
    cases = cases.defer("card__photo_sealed")
    reminders = Prefetch("reminders", PickupReminder.objects.order_by("after_days"), to_attr="told")
    proposed = not_fetched.proposed_ends()
    return [
        _unfetched(case, viewer, today=today, term=terms.bring_back_days, proposed=proposed)
        for case in cases.prefetch_related(reminders)
    ]


def _unfetched(
    case: Application, viewer: Officer, *, today: dt.date, term: int, proposed: frozenset[str]
) -> Unfetched:
    days = (today - day_of(case.state_since)).days
    waits = case.state == State.NOTIFIED
    told: list[PickupReminder] = getattr(case, "told", [])
    # Of the latest notification: a card that was sent again is waited for anew.
    latest = case.state_since if waits else max((row.notified_at for row in told), default=None)
    return Unfetched(
        case=case,
        days=days,
        told=tuple(row.after_days for row in told if row.notified_at == latest),
        may_bring_back=waits and days > term and viewer.may(Duty.PICKUP, case.association_id),
        may_send_again=not waits and _sees_production(viewer),
        is_proposed=str(case.id) in proposed,
        opens_case=_sees_production(viewer),
    )
