"""What the holder's pages show of a document: who asked, until when, where it stands, and who will be seen as its signer."""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from uuid import UUID

from cryptography import x509
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from hpki.certs.printing import common_name
from hpki.certs.qualifications import qualification
from hpki.issuance.profiles import SIGNING
from hpki.signatures.report import DocumentReport
from hpki.signatures.report_pdf import report_pdf
from hpki_server.authority.models import Card, Certificate
from hpki_server.people.models import Account
from hpki_server.people.pieces import Chip, Tone
from hpki_server.signing import queue_queries, summary
from hpki_server.signing.holder import Holder, holder_of
from hpki_server.signing.level_words import LevelWords, level_words
from hpki_server.signing.queue_models import SigningTask, TaskDocument
from hpki_server.signing.queue_names import signed_name
from hpki_server.signing.queue_rules import State
from hpki_server.signing.queue_terms import Doing
from hpki_server.signing.services import tidying
from hpki_server.signing.services.judging import Asked, judged

# Fewer days than these are said in a colour and a word.
SOON: Final = dt.timedelta(days=3)
MOST_PAST: Final = 50
Words = str | Promise
_POLICIES: Final = {"production": "hpki-signing", "test": "hpki-signing-test"}
_TONES: Final[Mapping[State, Tone]] = {
    State.WAITING: Tone.KEY,
    State.SIGNED: Tone.OK,
    State.COLLECTED: Tone.OK,
    State.DECLINED: Tone.QUIET,
    State.WITHDRAWN: Tone.QUIET,
    State.EXPIRED: Tone.WARN,
}
# As the holder sees them; the depositor's words differ.
_STATE_WORDS: Final[Mapping[State, Words]] = {
    State.WAITING: _("署名待ち"),
    State.SIGNED: _("署名済み"),
    State.COLLECTED: _("署名済み・引渡し済み"),
    State.DECLINED: _("署名しない"),
    State.WITHDRAWN: _("取下げ"),
    State.EXPIRED: _("期限切れ"),
}


@dataclass(frozen=True)
class ShownTask:
    """A document of the viewer's at a moment."""

    task: SigningTask
    at: dt.datetime
    # Known beforehand where many are shown at once; None: asked when needed.
    signed_is_here: bool | None = None

    @property
    def is_own(self) -> bool:
        """Uploaded by the holder."""
        return self.task.client is None

    @property
    def asked_by(self) -> Words:
        client = self.task.client
        return _("ご自分") if client is None else f"{client.organisation.shown_name}　{client.name}"

    @property
    def state(self) -> State:
        """A deadline that is over counts before the recurring work has written it down."""
        state = State(self.task.state)
        is_late = state is State.WAITING and self.at >= self.task.deadline
        return State.EXPIRED if is_late else state

    @property
    def is_waiting(self) -> bool:
        return self.state is State.WAITING

    @property
    def is_signed(self) -> bool:
        """Also where nobody came for it and it is no longer here."""
        return self.task.signed_at is not None

    @property
    def gone_on(self) -> dt.date | None:
        """The day on which an own signed document is deleted, if its holder does nothing."""
        if self.task.keep_until is not None and self.at < self.task.keep_until:
            return timezone.localdate(self.task.keep_until)
        if self.state is not State.SIGNED:
            return None
        since = timezone.localdate(self.task.state_since)
        days = [
            term.days for term in tidying.terms() if term.doing is Doing.EXPIRE and term.state is State.SIGNED
        ]
        return since + dt.timedelta(days=min(days)) if days else None

    @property
    def chip(self) -> Chip:
        state = State.SIGNED if self.state is State.EXPIRED and self.is_signed else self.state
        return Chip(_STATE_WORDS[state], _TONES[state])

    @property
    def is_soon(self) -> bool:
        return self.is_waiting and self.task.deadline - self.at < SOON

    @property
    def level(self) -> LevelWords:
        return level_words(self.task.level)

    @cached_property
    def draft(self) -> bytes | None:
        """The document itself, as long as it is kept."""
        return queue_queries.document_of(self.task, TaskDocument.Kind.DRAFT)

    @cached_property
    def signed(self) -> bytes | None:
        return queue_queries.document_of(self.task, TaskDocument.Kind.SIGNED)

    @cached_property
    def has_signed(self) -> bool:
        """Whether the signed document is still here, without opening it."""
        if self.signed_is_here is not None:
            return self.signed_is_here
        return queue_queries.has_document(self.task, TaskDocument.Kind.SIGNED)

    @property
    def signed_name(self) -> str:
        return signed_name(self.task)


def shown(viewer: Account, task_id: UUID, *, at: dt.datetime) -> ShownTask:
    """One document of the viewer's.  Raises `SigningTask.DoesNotExist` for anybody else's."""
    return ShownTask(queue_queries.task_for(holders_ever(viewer), task_id), at)


def holders_ever(viewer: Account) -> tuple[Holder, ...]:
    """Whom the viewer's cards speak about, those included that are over: what was signed with them stays the viewer's."""
    cards = Card.objects.filter(application__applicant=viewer, activated_at__isnull=False).only(
        "qualification_code", "registration_number", "environment"
    )
    return tuple(dict.fromkeys(holder_of(card) for card in cards))


@dataclass(frozen=True)
class Shelf:
    """All documents of a viewer; `holders` is empty for whoever carries no card in force."""

    holders: tuple[Holder, ...]
    waiting: Sequence[ShownTask]
    signed: Sequence[ShownTask]
    past: Sequence[ShownTask]
    waiting_count: int


def shelf_of(viewer: Account, *, at: dt.datetime) -> Shelf:
    """What waits, what is signed, what came to nothing."""
    ever = holders_ever(viewer)
    waiting = queue_queries.waiting_for(ever, at=at)
    rest = queue_queries.tasks_of(ever).order_by("-state_since", "id")
    over = rest.filter(signed_at__isnull=True).exclude(state=State.WAITING, deadline__gt=at)
    signed = list(rest.filter(signed_at__isnull=False)[:MOST_PAST])
    here = set(
        TaskDocument.objects.filter(task__in=signed, kind=TaskDocument.Kind.SIGNED).values_list(
            "task_id", flat=True
        )
    )
    return Shelf(
        holders=queue_queries.holders_of(viewer, at=at),
        waiting=[ShownTask(task, at) for task in waiting[:MOST_PAST]],
        signed=[ShownTask(task, at, task.id in here) for task in signed],
        past=[ShownTask(task, at) for task in over[:MOST_PAST]],
        waiting_count=waiting.count(),
    )


def waiting_count(viewer: Account, *, at: dt.datetime) -> int:
    """How many documents wait for the viewer's signature."""
    holders = queue_queries.holders_of(viewer, at=at)
    return queue_queries.waiting_for(holders, at=at).count() if holders else 0


@dataclass(frozen=True)
class Signer:
    """Who will be seen, or is seen, as the signer: what stands in the certificate, and the name on the card beside it."""

    certificate_name: str
    card: Card
    ends_at: dt.datetime

    @property
    def name(self) -> str:
        return f"{self.card.family_name}　{self.card.given_name}"

    @property
    def qualification(self) -> str:
        found = qualification(self.card.qualification_code)
        speaks_japanese = (get_language() or "ja").startswith("ja")
        return found.name_ja if speaks_japanese else found.hcrole or found.name_ja

    @property
    def is_test(self) -> bool:
        return self.card.environment != "production"


def signer_of(task: SigningTask, viewer: Account, *, at: dt.datetime) -> Signer | None:
    """Who signed; before that the viewer's card in force with which it can be signed, or None without one."""
    row = task.signer or next(
        (row for row in _signing_certificates(viewer, at) if holder_of(row.card) == _holder(task)), None
    )
    if row is None or row.certificate_der is None:
        return None
    certificate = x509.load_der_x509_certificate(bytes(row.certificate_der))
    return Signer(common_name(certificate.subject) or "—", row.card, row.not_after)


def signers_of(viewer: Account, *, at: dt.datetime) -> list[Card]:
    """The cards with which the viewer can sign now."""
    return list(queue_queries.cards_in_force(at).filter(application__applicant=viewer))


def _holder(task: SigningTask) -> Holder:
    return Holder(task.qualification_code, task.registration_number, task.environment)


def _signing_certificates(viewer: Account, at: dt.datetime) -> list[Certificate]:
    cards = signers_of(viewer, at=at)
    rows = Certificate.objects.filter(card__in=cards, profile=SIGNING.name, state=Certificate.State.SIGNED)
    return list(rows.select_related("card").defer("card__photo_sealed").order_by("-not_before"))


@dataclass(frozen=True)
class Result:
    """The judge's word on a signed document, now."""

    verdict: summary.Verdict
    signatures: list[summary.SignatureSummary]
    sheet: bytes = b""


def report_of(document: ShownTask) -> DocumentReport | None:
    """The signed document, judged at this moment; None once it is no longer here."""
    if document.signed is None:
        return None
    asked = Asked(
        name=document.signed_name,
        octets=document.signed,
        beside=_beside(document),
        policy=_POLICIES[document.task.environment],
    )
    return judged(asked, at=document.at)


def _beside(document: ShownTask) -> dict[str, bytes]:
    if document.task.format != SigningTask.Format.OTHER or document.draft is None:
        return {}
    return {document.task.file_name: document.draft}


def result_of(document: ShownTask) -> Result | None:
    report = report_of(document)
    if report is None:
        return None
    told = report.as_json()
    return Result(summary.verdict_of(told), summary.signatures_of(told))


def report_sheet(document: ShownTask) -> bytes | None:
    """The same as a sheet for the file, PDF."""
    report = report_of(document)
    if report is None or document.signed is None:
        return None
    lang = "ja" if (get_language() or "ja").startswith("ja") else "en"
    digest = hashlib.sha256(document.signed).digest()
    return report_pdf(report, name=document.signed_name, sha256=digest, lang=lang)
