"""A document is deposited for one holder's signature: by a hospital's system, or by the holder."""

import datetime as dt
import hashlib
import json
import unicodedata
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from django.db import IntegrityError, transaction

from hpki.certs.printing import printable
from hpki.errors import MalformedInput
from hpki.signatures.drafts import draft_format, has_signatures
from hpki.signatures.formats import Format
from hpki_server.authority.models import Card
from hpki_server.people.audit import Detail
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.models import Account
from hpki_server.people.sealing import seal
from hpki_server.registry.matching import number_spellings
from hpki_server.registry.names.folding import search_keys
from hpki_server.signing import queue_queries
from hpki_server.signing.holder import Holder, holder_of
from hpki_server.signing.queue_models import ClientSystem, SigningTask, TaskDocument
from hpki_server.signing.queue_rules import (
    ALREADY_SIGNED,
    DOCUMENT_OCTETS,
    KEY_REUSED,
    UNREADABLE,
    USUAL_TERM,
    DepositFacts,
    State,
    deposit_denials,
)
from hpki_server.signing.services.queue_record import record

PHYSICIAN: Final = "physician"
_FORMATS: Final = {Format.PDF: "pdf", Format.XML: "xml", Format.CMS: "other", Format.CONTAINER: "other"}
_LONGEST_NAME: Final = 120
_OPEN: Final = (State.WAITING.value, State.SIGNED.value)


@dataclass(frozen=True)
class HolderClaim:
    """Whom a client system names: by registration number of the licence, or by the number printed on the card.

    `family_name` is compared where it is given: a digit typed wrong sends no patient's letter to somebody else.
    """

    registration_number: str = ""
    qualification_code: str = PHYSICIAN
    card_id: str = ""
    family_name: str = ""


@dataclass(frozen=True)
class _Found:
    """Who it is, if anybody; and whether the name is theirs."""

    holder: Holder | None
    name_fits: bool = True


@dataclass(frozen=True)
class Deposit:
    """A document to sign, as it was handed in.  `deadline` None: the usual term."""

    octets: bytes = field(repr=False)
    file_name: str
    title: str
    level: str = "B"
    deadline: dt.datetime | None = None
    patient_reference: str = ""
    idempotency_key: str = ""


@dataclass(frozen=True)
class Deposited:
    """The task; `is_new` False when the same deposit had come before."""

    task: SigningTask
    is_new: bool


def deposit(what: Deposit, claim: HolderClaim, *, by: ClientSystem, at: dt.datetime) -> Deposited:
    """A client system's document waits for the holder.

    Raises `Denied`: as `queue_rules.DEPOSIT_RULES` and `idempotency_key_reused`.
    """
    named = [claim.qualification_code, _number(claim.registration_number), claim.card_id.strip()]
    return _deposited(what, _claimed(claim, at), "/".join(named), by=by, at=at)


def deposit_own(what: Deposit, *, by: Account, at: dt.datetime, holder: Holder | None = None) -> Deposited:
    """The holder's own upload; `holder` says as whom, for somebody with cards of two professions.

    Raises `Denied` as `deposit` does.
    """
    own = queue_queries.holders_of(by, at=at)
    chosen = holder if holder in own else (own[0] if own and holder is None else None)
    return _deposited(what, _Found(chosen), "own", by=by, at=at)


def _number(claimed: str) -> str:
    """Full-width digits and outer spaces do not matter; zeros in front do not either."""
    return unicodedata.normalize("NFKC", claimed).strip().lstrip("0")


def _claimed(claim: HolderClaim, at: dt.datetime) -> _Found:
    """The one person whom the claim names and who carries a card in force."""
    cards = queue_queries.cards_in_force(at)
    if claim.card_id:
        cards = cards.filter(card_id=claim.card_id.strip())
    elif number := _number(claim.registration_number):
        spelled = number_spellings(number)
        cards = cards.filter(qualification_code=claim.qualification_code, registration_number__in=spelled)
    else:
        return _Found(None)
    shown = list(cards[:16])
    found = {holder_of(card) for card in shown}
    real = {each for each in found if each.environment == "production"} or found
    if len(real) != 1:
        return _Found(None)
    holder = real.pop()
    card = next(card for card in shown if holder_of(card) == holder)
    return _Found(holder, not claim.family_name or _is_called(card, claim.family_name))


def _is_called(card: Card, family_name: str) -> bool:
    """In any writing of it: 渡辺 is 渡邉 too, and kana and Latin letters will do."""
    known = (card.family_name, card.family_kana, card.family_romaji, card.beside_name)
    keys = {key for name in known if name for key in search_keys(name)}
    return not keys.isdisjoint(search_keys(family_name))


def _deposited(
    what: Deposit, found: _Found, named: str, *, by: ClientSystem | Account, at: dt.datetime
) -> Deposited:
    holder = found.holder
    title = printable(what.title).strip()[:_LONGEST_NAME]
    file_name = safe_file_name(what.file_name)
    sha256 = hashlib.sha256(what.octets).hexdigest()
    said = [named, sha256, file_name, title, what.level, what.patient_reference]
    said.append(what.deadline.isoformat() if what.deadline else "")
    deposit_sha256 = hashlib.sha256(json.dumps(said).encode()).hexdigest()
    if known := _known(what.idempotency_key, deposit_sha256, by=by):
        return Deposited(known, is_new=False)
    kind, trouble = _looked_at(what.octets)
    deadline = what.deadline or at + USUAL_TERM
    facts = DepositFacts(
        octets=len(what.octets),
        trouble=trouble,
        has_holder=holder is not None,
        name_fits=found.name_fits,
        holder_waits=queue_queries.waiting_for([holder] if holder else [], at=at).count(),
        client_holds=_held(by),
        title=title,
        file_name=file_name,
        deadline=deadline,
        at=at,
    )
    denials = deposit_denials(facts)
    if denials or holder is None:
        raise Denied(denials)
    task = SigningTask(
        client=by if isinstance(by, ClientSystem) else None,
        deposited_by=by if isinstance(by, Account) else None,
        qualification_code=holder.qualification_code,
        registration_number=holder.registration_number,
        environment=holder.environment,
        state_since=at,
        deposited_at=at,
        deadline=deadline,
        format=_FORMATS[kind],
        level=SigningTask.Level(what.level).value,
        title=title,
        file_name=file_name,
        patient_reference=printable(what.patient_reference).strip()[:64],
        sha256=sha256,
        octets=len(what.octets),
        idempotency_key=what.idempotency_key,
        deposit_sha256=deposit_sha256,
    )
    try:
        _write(task, what.octets, by=by, at=at)
    except IntegrityError:
        # The same deposit came twice at once, and the other was quicker.
        known = _known(what.idempotency_key, deposit_sha256, by=by)
        if known is None:
            raise
        return Deposited(known, is_new=False)
    return Deposited(task, is_new=True)


@transaction.atomic
def _write(task: SigningTask, octets: bytes, *, by: ClientSystem | Account, at: dt.datetime) -> None:
    task.save(force_insert=True)
    kind = TaskDocument.Kind.DRAFT.value
    sealed = seal(octets, purpose=queue_queries.purpose(kind, task.id))
    TaskDocument.objects.create(task=task, kind=kind, sealed=sealed)
    details: dict[str, Detail] = {"level": task.level, "format": task.format, "octets": task.octets}
    record("signing:deposit", task, by=by, at=at, details=details)


def _known(key: str, deposit_sha256: str, *, by: ClientSystem | Account) -> SigningTask | None:
    """The task of an earlier deposit under this key.  Raises `Denied` when that one said something else."""
    if not key:
        return None
    depositor = {"client": by} if isinstance(by, ClientSystem) else {"deposited_by": by}
    task = SigningTask.objects.filter(idempotency_key=key, **depositor).first()
    if task is not None and task.deposit_sha256 != deposit_sha256:
        raise Denied([KEY_REUSED])
    return task


def _held(by: ClientSystem | Account) -> int:
    depositor = {"client": by} if isinstance(by, ClientSystem) else {"deposited_by": by}
    return SigningTask.objects.filter(state__in=_OPEN, **depositor).count()


def _looked_at(octets: bytes) -> tuple[Format, Denial | None]:
    """How it will be signed, and why it cannot be."""
    if not octets or len(octets) > DOCUMENT_OCTETS:
        return Format.CMS, None
    try:
        kind = draft_format(octets)
        return kind, ALREADY_SIGNED if has_signatures(octets, kind) else None
    except MalformedInput:
        return Format.PDF, UNREADABLE


def safe_file_name(claimed: str) -> str:
    """The last part of a path, without signs that a file system or a terminal takes amiss; "" when nothing is left."""
    name = PurePosixPath(claimed.replace("\\", "/")).name
    kept = "".join("_" if sign in '<>:"|?*' else sign for sign in printable(name)).strip(" .")
    if len(kept) <= _LONGEST_NAME:
        return kept
    stem, dot, ending = kept.rpartition(".")
    return f"{stem[: _LONGEST_NAME - len(ending) - 1]}{dot}{ending}" if 0 < len(ending) <= 8 else kept[:120]
