"""The holder's signature comes back: everything is checked here, the time-stamps are added, and only then it counts."""

import datetime as dt
import hashlib
import logging
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction

from hpki.errors import HpkiError, MalformedInput
from hpki.issuance.profiles import SIGNING
from hpki.signatures.drafts import beside, draft_format, read_signature_of
from hpki.signatures.extending import DocumentExtension, extend_document
from hpki.signatures.facts import DocumentFacts, Level
from hpki.signatures.formats import read_signed_document
from hpki.signatures.judge import judge_document
from hpki.signatures.policy import SHIPPED, SignaturePolicy
from hpki.signatures.report import DocumentReport
from hpki_server.authority.models import Card, Certificate
from hpki_server.people.denial import Denied
from hpki_server.people.models import Account
from hpki_server.people.sealing import seal
from hpki_server.signing import ports, queue_queries
from hpki_server.signing.holder import Holder, holder_of
from hpki_server.signing.ports import OwnTimeStamps
from hpki_server.signing.queue_models import HolderSession, SigningTask, TaskDocument
from hpki_server.signing.queue_rules import (
    DOCUMENT_GONE,
    SIGNER_ENDED,
    TASK_UNKNOWN,
    TIME_STAMP_MISSING,
    SignedFacts,
    State,
    Step,
    acceptance_denials,
    next_state,
)
from hpki_server.signing.services.queue_record import go, locked, require_holder

logger = logging.getLogger(__name__)
# A card of the test environment passes under the test policy only, and a real one under the other.
_POLICIES: Final = {"production": SHIPPED["hpki-signing"], "test": SHIPPED["hpki-signing-test"]}


@dataclass(frozen=True)
class _Checked:
    """What is known of the signed document, and whose certificate signed it."""

    facts: SignedFacts
    signer: Certificate | None


def accept_signed(
    task_id: UUID,
    signed: bytes,
    *,
    holders: tuple[Holder, ...],
    by: HolderSession | Account,
    at: dt.datetime,
) -> SigningTask:
    """The draft is signed, at the level that was asked for.

    Raises `Denied`: as the rule table and `queue_rules.ACCEPTANCE_RULES`, `time_stamp_unavailable`, `document_gone`;
    nothing has changed then.
    """
    stamps = ports.own_stamper(at)
    task = SigningTask.objects.filter(id=task_id).first()
    if task is None:
        raise Denied([TASK_UNKNOWN])
    require_holder(task, holders)
    _, denials = next_state(State(task.state), Step.SIGN, deadline=task.deadline, at=at)
    if denials:
        raise Denied(denials)
    draft = queue_queries.document_of(task, TaskDocument.Kind.DRAFT)
    if draft is None:
        raise Denied([DOCUMENT_GONE])
    policy = _POLICIES[task.environment]
    checked = _checked(draft, signed, task, policy, at)
    denials = acceptance_denials(checked.facts)
    if denials or checked.signer is None:
        # Codes only: what differs may quote the document.
        refused = Denied(denials)
        outcome = f"{checked.facts.indication} {checked.facts.sub_indication}"
        logger.info("task %s: refused: %s (%s)", task.id, refused, outcome)
        raise refused
    # Outside the transaction: a time-stamp is recorded by itself, before anybody has it.
    whole = _at_level(draft, signed, task, policy, stamps)
    return _store(task.id, whole, checked.signer, holders=holders, by=by, at=at)


def _checked(
    draft: bytes, signed: bytes, task: SigningTask, policy: SignaturePolicy, at: dt.datetime
) -> _Checked:
    differs, found, report = "", None, None
    try:
        found = read_signature_of(draft, signed)
        report = _judged(found, policy, at)
    except MalformedInput as error:
        differs = str(error)[:300] or "unreadable"
    signer = _signer(report) if report is not None else None
    wanted = Holder(task.qualification_code, task.registration_number, task.environment)
    facts = SignedFacts(
        octets=len(signed),
        differs=differs,
        signatures=0 if found is None else _signatures(found),
        level="" if found is None or not found.signatures else str(found.signatures[0].level),
        indication="" if report is None else report.indication.value,
        sub_indication="" if report is None else str(report.sub_indication or ""),
        signer_known=signer is not None,
        signer_is_holder=signer is not None and holder_of(signer.card) == wanted,
        signer_in_force=signer is not None and is_in_force(signer, at),
    )
    return _Checked(facts, signer)


def _signatures(found: DocumentFacts) -> int:
    """Those upon others and time-stamps count too: the draft gets one signature, and the server adds the rest."""
    upon = sum(len(list(each.with_counter_signatures())) for each in found.signatures)
    return upon + len(found.time_stamps)


def _judged(found: DocumentFacts, policy: SignaturePolicy, at: dt.datetime) -> DocumentReport:
    return judge_document(found, ports.own_evidence(), policy, ports.trust_anchors(), at)


def _signer(report: DocumentReport) -> Certificate | None:
    """The authority's own record of the certificate that signed: octet for octet the one that it issued."""
    signer = report.signatures[0].signer if len(report.signatures) == 1 else None
    if signer is None:
        return None
    rows = Certificate.objects.select_related("card").filter(
        serial_hex=f"{signer.serial_number:040x}", profile=SIGNING.name, state=Certificate.State.SIGNED
    )
    rows = rows.defer("tbs_der", "card__photo_sealed")
    return next((row for row in rows if bytes(row.certificate_der or b"") == signer.der), None)


def is_in_force(certificate: Certificate, at: dt.datetime) -> bool:
    """Whether card and certificate count at this moment, by our own records: no list is as fresh."""
    return (
        certificate.card.state == Card.State.ACTIVE
        and certificate.revoked_at is None
        and certificate.held_at is None
        and certificate.not_before <= at <= certificate.not_after
    )


def _at_level(
    draft: bytes, signed: bytes, task: SigningTask, policy: SignaturePolicy, stamps: OwnTimeStamps
) -> bytes:
    """The signed document at the level that was asked for, judged once more.

    Raises `Denied` with `time_stamp_unavailable` when the level cannot be had.
    """
    level = Level(task.level)
    if level is Level.B:
        return signed
    detached = beside(draft, draft_format(draft))
    how = DocumentExtension(stamps, ports.own_evidence(), detached)
    try:
        whole = extend_document(signed, level, how)
        found = read_signed_document(whole, detached)
    except HpkiError as error:
        logger.warning("task %s could not be raised to %s: %s", task.id, level, error)
        raise Denied([TIME_STAMP_MISSING]) from error
    report = _judged(found, policy, stamps.moment())
    if report.indication.value != "TOTAL_PASSED" or found.signatures[0].level is not level:
        reached = f"{found.signatures[0].level}, {report.indication.value} {report.sub_indication or ''}"
        logger.warning("task %s at %s was to be raised to %s", task.id, reached, level)
        raise Denied([TIME_STAMP_MISSING])
    return whole


@transaction.atomic
def _store(
    task_id: UUID,
    whole: bytes,
    signer: Certificate,
    *,
    holders: tuple[Holder, ...],
    by: HolderSession | Account,
    at: dt.datetime,
) -> SigningTask:
    """Looked at once more under the lock: another signature may have been quicker, the card may have been stopped."""
    task = locked(task_id)
    require_holder(task, holders)
    row = Certificate.objects.select_related("card").get(id=signer.id)
    if not is_in_force(row, at):
        raise Denied([SIGNER_ENDED])
    kind = TaskDocument.Kind.SIGNED.value
    task.signed_sha256, task.signed_octets = hashlib.sha256(whole).hexdigest(), len(whole)
    task.signed_at, task.signer = at, row
    go(
        task,
        Step.SIGN,
        by=by,
        at=at,
        details={"signed_sha256": task.signed_sha256, "level": task.level, "serial": row.serial_hex},
    )
    sealed = seal(whole, purpose=queue_queries.purpose(kind, task.id))
    TaskDocument.objects.create(task=task, kind=kind, sealed=sealed)
    return task
