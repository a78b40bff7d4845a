"""What a desk wrote while the network was down arrives later: each nonce is acted on once and keeps its outcome."""

import datetime as dt
import hashlib
import hmac
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hpki_server.config.secret_files import secret_file
from hpki_server.enrollment.models import Application, DeskEntry
from hpki_server.enrollment.rules import OriginalsSeen, Step
from hpki_server.enrollment.rules.desk import clock_ahead, sent_too_late
from hpki_server.enrollment.services import deciding, visits
from hpki_server.enrollment.services.record import CHANGED_SINCE
from hpki_server.enrollment.services.visits import VisitNote
from hpki_server.people import audit
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.models import Account
from hpki_server.people.officer import Officer

NONCE_REUSED = Denial(
    "nonce_reused", _("この控えは、別の内容ですでに送られています。もう一度書いてください。")
)
NO_SUCH_CASE = Denial("no_such_case", _("この受付番号の申請は見つかりません。番号をお確かめください。"))


@dataclass(frozen=True)
class DeskMessage:
    """One entry as it came in; well formed, and not decided on."""

    nonce: UUID
    kind: DeskEntry.Kind
    number: str
    # The device's clock said so.
    claimed_at: dt.datetime
    payload_hash: str
    originals: OriginalsSeen | None = None
    visit: VisitNote | None = None


@lru_cache(maxsize=4)
def _key(path: Path) -> bytes:
    return bytes.fromhex(secret_file(path).reveal())


def _keyed(purpose: str, content: bytes) -> bytes:
    key = _key(Path(settings.VAR) / "secrets" / "desk-entries.key")
    return hmac.new(key, purpose.encode() + b"\n" + content, hashlib.sha256).digest()


def payload_hash(content: bytes) -> str:
    """Tells the same payload from another; keyed, since a payload holds a number that a plain hash would not hide."""
    return _keyed("payload", content).hex()


def vault_key(account_id: UUID) -> bytes:
    """Opens the vault of this officer on any device, so a forgotten passphrase loses nothing that was written."""
    return _keyed("vault", account_id.bytes)


@transaction.atomic
def receive(message: DeskMessage, *, by: Officer, at: dt.datetime) -> DeskEntry:
    """Act on the entry, or give the outcome of the first time.  Raises `Denied`: `nonce_reused`."""
    # One officer's entries queue here: two windows that send the same one cannot both be first.
    Account.objects.select_for_update().get(id=by.account_id)
    known = DeskEntry.objects.filter(nonce=message.nonce).first()
    if known is not None:
        if known.account_id != by.account_id or known.payload_hash != message.payload_hash:
            raise Denied([NONCE_REUSED])
        return known
    application = Application.objects.filter(number=message.number).first()
    denials = _act(message, application, by=by, at=at)
    entry = DeskEntry.objects.create(
        nonce=message.nonce,
        account_id=by.account_id,
        kind=message.kind,
        application=application,
        payload_hash=message.payload_hash,
        claimed_at=message.claimed_at,
        received_at=at,
        outcome=DeskEntry.Outcome.REFUSED if denials else DeskEntry.Outcome.DONE,
        codes=[{"code": denial.code, "sentence": str(denial.sentence)} for denial in denials],
    )
    if denials:
        audit.record(
            "desk:refuse-entry",
            by=by,
            subject_kind="application",
            subject_id=application.id if application else message.nonce,
            at=at,
            details={"nonce": str(message.nonce), "denial": denials[0].code},
        )
    return entry


def _was_corrected(application: Application, since: dt.datetime) -> bool:
    """What lay on the desk was held against entries that are no more."""
    return application.changes.filter(step=Step.RESUBMIT.value, at__gt=since).exists()


def _act(
    message: DeskMessage, application: Application | None, *, by: Officer, at: dt.datetime
) -> tuple[Denial, ...]:
    """What was denied; empty means done.  Whatever was begun is undone with a denial."""
    if application is None:
        return (NO_SUCH_CASE,)
    late = sent_too_late(message.claimed_at, at) or clock_ahead(message.claimed_at, at)
    if late is not None:
        return (late,)
    if message.originals is not None and _was_corrected(application, message.claimed_at):
        return (CHANGED_SINCE,)
    try:
        with transaction.atomic():
            if message.originals is not None:
                deciding.take_in(application_id=application.id, originals=message.originals, by=by, at=at)
            elif message.visit is not None:
                visits.record_visit(application_id=application.id, visit=message.visit, by=by, at=at)
    except Denied as denied:
        return denied.denials
    return ()
