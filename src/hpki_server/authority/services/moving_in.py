"""An association moves in: cards that were issued elsewhere before become records of ours.

Such a card has no certificate, no key and no photograph with us.  It counts in the statistics from its day of issue,
its holder finds it at the desk for a renewal or a loss, and its number is never given to another card.
"""

import datetime as dt
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import BinaryIO, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from hpki_server.authority import rules
from hpki_server.authority.models import Card, CardSeries, Issuer
from hpki_server.authority.moving_in_rows import CardRow, Reason, RefusedCardRow, read_card_rows
from hpki_server.people import audit, queries
from hpki_server.people.csv_file import file_sha256
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.duties import Duty
from hpki_server.people.models import Organisation
from hpki_server.people.officer import Officer
from hpki_server.people.rows import update_many
from hpki_server.people.services.accounts import add_organisation

JAPAN: Final = ZoneInfo("Asia/Tokyo")
OVERSEAS_CODE: Final = "48"
# A report keeps every row that needs a reader's eye, up to here; a sink gets all of them.
MOST_ROWS_KEPT: Final = 5000
_BATCH_ROWS: Final = 500
_LINES_AT_ONCE: Final = 2000
# Above it a number of our own pattern is somebody's mistake; orders would never come near.
_LAST_SERIES_NUMBER: Final = 8_999_999


class Outcome(StrEnum):
    IMPORTED = "imported"
    UNCHANGED = "unchanged"
    CORRECTED = "corrected"
    REFUSED = "refused"

    @property
    def label(self) -> Promise:
        return _LABELS[self]


_LABELS: Final[dict[Outcome, Promise]] = {
    Outcome.IMPORTED: _("新しく取り込み"),
    Outcome.UNCHANGED: _("変更なし"),
    Outcome.CORRECTED: _("訂正"),
    Outcome.REFUSED: _("取り込めません"),
}


@dataclass(frozen=True)
class RowResult:
    """What became of one row; `reasons` say why it was refused or what was corrected."""

    line: int
    card_id: str
    outcome: Outcome
    reasons: tuple[Reason, ...] = ()


@dataclass
class MoveInReport:
    sha256: str
    counts: Counter[Outcome] = field(default_factory=Counter)
    # The rows that were refused or corrected, at most `MOST_ROWS_KEPT`.
    rows: list[RowResult] = field(default_factory=list)

    @property
    def rows_left_out(self) -> int:
        return self.counts[Outcome.REFUSED] + self.counts[Outcome.CORRECTED] - len(self.rows)


def _drop(_row: RowResult) -> None:
    """The sink of those who want no more than the report."""


def import_cards(
    stream: BinaryIO,
    *,
    environment: str,
    by: Officer | str,
    at: dt.datetime,
    sink: Callable[[RowResult], None] = _drop,
) -> MoveInReport:
    """Takes over every row that can be read and tells what became of each; the same file again changes nothing.

    A row that is refused keeps no other out.  `environment`: "production" or "test".  Raises `Denied` when the file as
    a whole cannot be read, the duty is missing, or another import runs; then nothing was written.
    """
    if isinstance(by, Officer) and not by.organisations(Duty.ISSUING) & queries.centre_ids():
        raise Denied([Denial("duty_missing", _("カードを移行する権限がありません。"))])
    try:
        with transaction.atomic():
            return _Import(environment, by, at, sink).run(stream)
    except IntegrityError as error:
        sentence = _("同じカードを、別の取込が同時に登録しました。もう一度取り込んでください。")
        raise Denied([Denial("import_running", sentence)]) from error


def environment_here() -> str:
    """Production or test: whatever the newest active signing issuer is; production where there is none yet."""
    active = Issuer.objects.filter(state=Issuer.State.ACTIVE, issues="SIGNING").order_by("-registered_at")
    return active.values_list("environment", flat=True).first() or "production"


class _Correction(NamedTuple):
    """What the audit's line says later; a file may correct every card there is, so it holds no card."""

    id: UUID
    card_id: str
    organisation_id: UUID
    columns: str


class _Import:
    """One file on its way into the records."""

    def __init__(
        self, environment: str, by: Officer | str, at: dt.datetime, sink: Callable[[RowResult], None]
    ) -> None:
        self.environment, self.by, self.at, self.sink = environment, by, at, sink
        self.organisations = _organisations()
        self.seen: dict[str, int] = {}
        self.highest: dict[str, int] = {}
        self.corrections: list[_Correction] = []

    def run(self, stream: BinaryIO) -> MoveInReport:
        report = MoveInReport(file_sha256(stream))
        today = self.at.astimezone(JAPAN).date()
        for batch in _batches(read_card_rows(stream, today=today)):
            for result in self._take_over(batch):
                report.counts[result.outcome] += 1
                if result.reasons and len(report.rows) < MOST_ROWS_KEPT:
                    report.rows.append(result)
                self.sink(result)
        self._keep_numbers_apart()
        self._leave_lines(report)
        return report

    def _take_over(self, batch: list[CardRow | RefusedCardRow]) -> list[RowResult]:
        """One read, one insert, one update."""
        wanted = {row.card_id for row in batch if isinstance(row, CardRow)}
        cards = Card.objects.select_for_update(of=("self",)).defer("photo_sealed")
        known = {card.card_id: card for card in cards.filter(card_id__in=wanted)}
        fresh: list[Card] = []
        changed: list[Card] = []
        results = [self._place(row, known, fresh, changed) for row in batch]
        Card.objects.bulk_create(fresh)
        update_many(Card, changed, _WRITTEN)
        return results

    def _place(
        self, row: CardRow | RefusedCardRow, known: dict[str, Card], fresh: list[Card], changed: list[Card]
    ) -> RowResult:
        if isinstance(row, RefusedCardRow):
            return RowResult(row.line, row.card_id, Outcome.REFUSED, row.reasons)
        organisation = self._organisation(row.association_code)
        if organisation is None:
            sentence = format_lazy(
                _("医師会コード {code} の団体が登録されていません。"), code=row.association_code
            )
            return RowResult(row.line, row.card_id, Outcome.REFUSED, (sentence,))
        if row.card_id in self.seen:
            sentence = format_lazy(
                _("同じカード番号が {line} 行目にもあります。"), line=self.seen[row.card_id]
            )
            return RowResult(row.line, row.card_id, Outcome.REFUSED, (sentence,))
        self.seen[row.card_id] = row.line
        card = known.get(row.card_id)
        if card is None:
            fresh.append(self._new_card(row, organisation))
            return RowResult(row.line, row.card_id, Outcome.IMPORTED)
        return self._compare(row, card, organisation, changed)

    def _compare(self, row: CardRow, card: Card, organisation: UUID, changed: list[Card]) -> RowResult:
        if card.origin != Card.Origin.IMPORTED:
            sentence = _("当センターで発行したカードの番号です。")
            return RowResult(row.line, row.card_id, Outcome.REFUSED, (sentence,))
        written = _columns(row, organisation)
        columns = [name for name, value in written.items() if getattr(card, name) != value]
        # The file may end a card.  It never brings one back that ended here.
        if row.stopped_on is not None and card.state == Card.State.ACTIVE:
            columns.append("state")
        if not columns:
            return RowResult(row.line, row.card_id, Outcome.UNCHANGED)
        for name in columns:
            setattr(card, name, Card.State.STOPPED if name == "state" else written[name])
        changed.append(card)
        told = sys.intern(" ".join(columns))
        self.corrections.append(_Correction(card.id, card.card_id, card.organisation_id, told))
        reasons = tuple(dict.fromkeys(_COLUMN_WORDS[name] for name in columns))
        return RowResult(row.line, row.card_id, Outcome.CORRECTED, reasons)

    def _new_card(self, row: CardRow, organisation: UUID) -> Card:
        self._note_number(row.card_id)
        return Card(
            card_id=row.card_id,
            reference=f"moved-in:{row.card_id}",
            origin=Card.Origin.IMPORTED,
            environment=self.environment,
            # Neither photograph nor layout of the chip came with it.
            layout="",
            photo_sealed=b"",
            state=Card.State.ACTIVE if row.stopped_on is None else Card.State.STOPPED,
            ordered_at=self.at,
            ordered_by=self.by if isinstance(self.by, str) else str(self.by.account_id),
            **_columns(row, organisation),
        )

    def _organisation(self, code: str) -> UUID | None:
        if code == OVERSEAS_CODE and code not in self.organisations:
            self.organisations[code] = found_overseas(at=self.at).id
        return self.organisations.get(code)

    def _note_number(self, card_id: str) -> None:
        """A number of our own pattern: later orders must stay above it."""
        if rules.is_printed_number(card_id) and int(card_id[3:10]) <= _LAST_SERIES_NUMBER:
            self.highest[card_id[:2]] = max(self.highest.get(card_id[:2], 0), int(card_id[3:10]))

    def _keep_numbers_apart(self) -> None:
        for prefecture, number in sorted(self.highest.items()):
            series, _made = CardSeries.objects.select_for_update().get_or_create(prefecture=prefecture)
            if series.last_number < number:
                series.last_number = number
                series.save(update_fields=["last_number"])

    def _leave_lines(self, report: MoveInReport) -> None:
        """Last, since acts queue at the chain's head: one line a card, so that its history begins here, and one for the file."""
        lines = self._card_lines(report.sha256)
        while some := list(islice(lines, _LINES_AT_ONCE)):
            audit.record_many(some, at=self.at)
        audit.record(
            "cards:import",
            by=self.by,
            subject_kind="card-file",
            subject_id=report.sha256,
            at=self.at,
            details={outcome.value: report.counts[outcome] for outcome in Outcome},
        )

    def _card_lines(self, sha256: str) -> Iterator[audit.Act]:
        if self.seen:
            arrived = Card.objects.filter(origin=Card.Origin.IMPORTED, ordered_at=self.at).order_by("card_id")
            for card in arrived.only("card_id", "organisation_id").iterator(chunk_size=_LINES_AT_ONCE):
                yield self._line("card:move-in", card, file=sha256)
        for correction in self.corrections:
            yield self._line("card:correct", correction, file=sha256, columns=correction.columns)

    def _line(self, act: str, card: Card | _Correction, **details: str) -> audit.Act:
        return audit.Act(
            act=act,
            by=self.by,
            subject_kind="card",
            subject_id=card.id,
            organisation=card.organisation_id,
            details={"card_id": card.card_id, **details},
        )


def found_overseas(*, at: dt.datetime) -> Organisation:
    """海外 has no association; its cards are kept under a code of their own."""
    kind = Organisation.Kind.ASSOCIATION
    found = Organisation.objects.filter(kind=kind, code=OVERSEAS_CODE).first()
    return found or add_organisation(
        Organisation(kind=kind, code=OVERSEAS_CODE, name="海外", name_en="Overseas"), by="system", at=at
    )


def _organisations() -> dict[str, UUID]:
    """Every desk that may stand behind a card, by its code; an association before others."""
    kinds = (Organisation.Kind.HOSPITAL, Organisation.Kind.DISTRICT, Organisation.Kind.ASSOCIATION)
    rows = Organisation.objects.filter(kind__in=kinds).values_list("kind", "code", "id")
    return {code: pk for _kind, code, pk in sorted(rows, key=lambda row: kinds.index(row[0]))}


def _batches(rows: Iterable[CardRow | RefusedCardRow]) -> Iterator[list[CardRow | RefusedCardRow]]:
    pending = iter(rows)
    while batch := list(islice(pending, _BATCH_ROWS)):
        yield batch


_COLUMN_WORDS: Final[dict[str, Promise]] = {
    "organisation_id": _("医師会"),
    "family_name": _("姓"),
    "given_name": _("名"),
    "family_kana": _("姓カナ"),
    "given_kana": _("名カナ"),
    "family_romaji": _("姓ローマ字"),
    "given_romaji": _("名ローマ字"),
    "born_on": _("生年月日"),
    "qualification_code": _("資格"),
    "registration_number": _("登録番号"),
    "registered_on": _("登録年月日"),
    "member_kind": _("会員種別"),
    "member_id": _("会員ID"),
    "issued_at": _("発行日"),
    "activated_at": _("発行日"),
    "expires_on": _("有効期限"),
    "state": _("停止日"),
}
_WRITTEN: Final = tuple(_COLUMN_WORDS)


def _columns(row: CardRow, organisation: UUID) -> dict[str, UUID | str | dt.date | dt.datetime]:
    """What the file says of a card, as columns of ours."""
    names = row.names
    # Nobody knows the hour; the day in Japan begins at midnight.
    issued_at = dt.datetime.combine(row.issued_on, dt.time(), JAPAN)
    return {
        "organisation_id": organisation,
        "family_name": names.family,
        "given_name": names.given,
        "family_kana": names.family_kana,
        "given_kana": names.given_kana,
        "family_romaji": names.family_romaji,
        "given_romaji": names.given_romaji,
        "born_on": row.born_on,
        "qualification_code": row.qualification_code,
        "registration_number": row.registration_number,
        "registered_on": row.registered_on,
        "member_kind": row.member_kind.value,
        "member_id": row.member_id,
        "issued_at": issued_at,
        "activated_at": issued_at,
        "expires_on": row.expires_on,
    }
