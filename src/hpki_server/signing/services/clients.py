"""Client systems: proposed by one officer, confirmed by another, given a key once, and withdrawn at once."""

import datetime as dt
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hpki.certs.printing import printable
from hpki.keys.secret import Secret
from hpki_server.people import audit
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.dual_control import DUTY_MISSING, Act
from hpki_server.people.duties import Duty
from hpki_server.people.models import Proposal
from hpki_server.people.officer import Officer
from hpki_server.people.queries import reaches
from hpki_server.people.services import proposals
from hpki_server.people.services.proposals import Proposed
from hpki_server.signing.queue_models import ClientSystem

REGISTER: Final = "client:register"
LONGEST_DAYS: Final = 400
# A key that nobody fetched in a week is not made any more.
KEY_LIFE_UNMADE: Final = dt.timedelta(days=7)
_MARK: Final = "hpkiq"
_PREFIX_OCTETS: Final = 6
# "Last used" is written again after so long.
_USED_STEP: Final = dt.timedelta(minutes=1)

NAME_MISSING: Final = Denial("name_missing", _("システムの名前を入れてください。"))
TERM_UNFIT: Final = Denial("term_unfit", _("有効期間は 1 日から 400 日までにしてください。"))
KEY_MADE: Final = Denial(
    "key_made",
    _("鍵は一度だけ表示されます。失くしたときは、この登録を取り消して、新しく登録してください。"),
)
KEY_TOO_LATE: Final = Denial(
    "key_too_late", _("確認から 7 日を過ぎました。この登録を取り消して、新しく登録してください。")
)
CLIENT_WITHDRAWN: Final = Denial("client_withdrawn", _("このシステムの登録は、取り消されています。"))


@dataclass(frozen=True)
class KeyShown:
    """A client system and its key, which is shown once and known to nobody afterwards."""

    client: ClientSystem
    key: Secret


def propose_client(*, name: str, organisation_id: UUID, days: int, by: Officer, at: dt.datetime) -> Proposal:
    """A second officer has to confirm it.  Raises `Denied`: `name_missing`, `term_unfit`, `duty_missing`."""
    told = printable(name).strip()[:80]
    denials = [] if told else [NAME_MISSING]
    denials += [] if 1 <= days <= LONGEST_DAYS else [TERM_UNFIT]
    if denials:
        raise Denied(denials)
    proposed = Proposed(
        act=REGISTER,
        subject_kind="client-system",
        subject_id=str(uuid4()),
        details={"name": told, "days": days},
        organisation_id=organisation_id,
    )
    return proposals.propose(proposed, by=by, at=at)


def carry_out_registration(proposal: Proposal, by: Officer, at: dt.datetime) -> None:
    """The system is registered, without a key yet."""
    facts = proposal.facts()
    if proposal.organisation_id is None:
        raise Denied([DUTY_MISSING])
    register_client(
        name=str(facts["name"]),
        organisation_id=proposal.organisation_id,
        days=int(facts["days"] or 0),
        by=by,
        at=at,
        client_id=UUID(proposal.subject_id),
    )


@transaction.atomic
def register_client(
    *,
    name: str,
    organisation_id: UUID,
    days: int,
    by: Officer | str,
    at: dt.datetime,
    client_id: UUID | None = None,
) -> ClientSystem:
    """Pages come here by `propose_client` and a second officer."""
    client = ClientSystem.objects.create(
        id=client_id or uuid4(),
        organisation_id=organisation_id,
        name=name,
        registered_by_id=by.account_id if isinstance(by, Officer) else None,
        registered_at=at,
        expires_at=at + dt.timedelta(days=days),
    )
    _record(REGISTER, client, by=by, at=at, details={"name": name, "days": days})
    return client


@transaction.atomic
def make_key(client_id: UUID, *, by: Officer | str, at: dt.datetime) -> KeyShown:
    """The key, once.  Raises `Denied`: `duty_missing`, `client_withdrawn`, `key_made`, `key_too_late`."""
    client = ClientSystem.objects.select_for_update().get(id=client_id)
    _require(client, by)
    if client.withdrawn_at is not None:
        raise Denied([CLIENT_WITHDRAWN])
    if client.key_prefix is not None:
        raise Denied([KEY_MADE])
    if at > client.registered_at + KEY_LIFE_UNMADE:
        raise Denied([KEY_TOO_LATE])
    prefix, secret = secrets.token_hex(_PREFIX_OCTETS), secrets.token_urlsafe(32)
    client.key_prefix, client.key_sha256, client.key_made_at = prefix, _hashed(secret), at
    client.save(update_fields=["key_prefix", "key_sha256", "key_made_at"])
    _record("client:make-key", client, by=by, at=at, details={"prefix": prefix})
    return KeyShown(client, Secret(f"{_MARK}_{prefix}_{secret}"))


@transaction.atomic
def withdraw_client(client_id: UUID, *, by: Officer, at: dt.datetime) -> ClientSystem:
    """Its key opens nothing from now on.  Raises `Denied`: `duty_missing`, `client_withdrawn`."""
    client = ClientSystem.objects.select_for_update().get(id=client_id)
    _require(client, by)
    if client.withdrawn_at is not None:
        raise Denied([CLIENT_WITHDRAWN])
    client.withdrawn_at, client.withdrawn_by_id = at, by.account_id
    client.save(update_fields=["withdrawn_at", "withdrawn_by"])
    _record("client:withdraw", client, by=by, at=at, details={})
    return client


def client_with(key: str, *, at: dt.datetime) -> ClientSystem | None:
    """The system whose key this is, as long as it is in force; that it came is noted."""
    mark, _first, rest = key.partition("_")
    prefix, _second, secret = rest.partition("_")
    if mark != _MARK or len(prefix) != 2 * _PREFIX_OCTETS:
        return None
    client = ClientSystem.objects.select_related("organisation").filter(key_prefix=prefix).first()
    # Compared even where there is no such prefix, so that both take the same time.
    is_right = hmac.compare_digest(_hashed(secret), client.key_sha256 if client else _hashed(""))
    if client is None or not is_right or client.withdrawn_at is not None or at >= client.expires_at:
        return None
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=at - _USED_STEP)
    ClientSystem.objects.filter(stale, id=client.id).update(last_used_at=at)
    return client


def _hashed(secret: str) -> str:
    # 256 random bits need no slow hash: they cannot be guessed back.
    return hashlib.sha256(secret.encode()).hexdigest()


def _require(client: ClientSystem, by: Officer | str) -> None:
    if isinstance(by, Officer) and not reaches(by, client.organisation_id):
        raise Denied([DUTY_MISSING])


def _record(
    act: str, client: ClientSystem, *, by: Officer | str, at: dt.datetime, details: dict[str, audit.Detail]
) -> None:
    audit.record(
        act,
        by=by,
        subject_kind="client-system",
        subject_id=client.id,
        at=at,
        organisation=client.organisation_id,
        details=details,
    )


def _words(proposal: Proposal) -> str:
    facts = proposal.facts()
    where = proposal.organisation
    term = _("有効期間 %(days)s 日") % {"days": facts["days"]}
    return f"{facts['name']}　{where.shown_name if where else ''}　{term}"


ACTS: Final = (Act(REGISTER, _("連携システムの登録"), Duty.ACCOUNTS, carry_out_registration, _words),)
