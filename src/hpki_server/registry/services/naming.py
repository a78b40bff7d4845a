"""A name beside the present one, written down by an officer: what kind, since when and until when, and by which paper."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hpki_server.people import audit
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.duties import Duty
from hpki_server.people.officer import Officer
from hpki_server.people.queries import at_centre
from hpki_server.registry.indexing import index_entry
from hpki_server.registry.models import NameKind, PersonName, RegistryEntry


@dataclass(frozen=True)
class NameClaim:
    """As an officer read it off a paper."""

    kind: NameKind
    family_name: str
    given_name: str
    from_on: dt.date | None
    to_on: dt.date | None
    source: str


def denials(claim: NameClaim, *, may: bool, is_known: bool) -> list[Denial]:
    """Why the name is not written down; empty means it is."""
    found = []
    if not may:
        found.append(Denial("duty_missing", _("資格管理簿に氏名を記録する権限がありません。")))
    if not claim.source:
        found.append(Denial("source_missing", _("何によって確かめたかを記入してください。")))
    if claim.from_on and claim.to_on and claim.to_on < claim.from_on:
        found.append(Denial("period_backwards", _("期間の終わりが始まりより前です。")))
    if is_known:
        found.append(Denial("name_known", _("この氏名は、すでに記録されています。")))
    return found


@transaction.atomic
def record_name(entry_id: UUID, claim: NameClaim, *, by: Officer, at: dt.datetime) -> PersonName:
    """Raises `Denied`, and `RegistryEntry.DoesNotExist`."""
    entry = RegistryEntry.objects.select_for_update().get(id=entry_id)
    known = entry.names.filter(
        kind=claim.kind.value, family_name=claim.family_name, given_name=claim.given_name
    )
    if found := denials(claim, may=at_centre(by, Duty.REGISTRY), is_known=known.exists()):
        raise Denied(found)
    name = PersonName.objects.create(
        entry=entry,
        kind=claim.kind.value,
        family_name=claim.family_name,
        given_name=claim.given_name,
        from_on=claim.from_on,
        to_on=claim.to_on,
        source=claim.source,
        recorded_at=at,
        recorded_by=str(by.account_id),
    )
    index_entry(entry)
    audit.record(
        "registry:record-name",
        by=by,
        subject_kind="registry-entry",
        subject_id=entry.id,
        at=at,
        details={"name": str(name.id), "kind": name.kind},
    )
    return name
