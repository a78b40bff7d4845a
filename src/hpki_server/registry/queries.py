"""Reads of the registry."""

from django.db.models import QuerySet

from hpki_server.people.duties import Duty
from hpki_server.people.officer import Officer
from hpki_server.registry.matching import (
    EntryFacts,
    Match,
    NoMatch,
    RegistryClaim,
    exact_match,
    name_key,
    read_number,
)
from hpki_server.registry.models import RegistryEntry


def answer(claim: RegistryClaim) -> Match | NoMatch:
    """The registry's answer: by number first; else the same person under another number, for the officer to see."""
    entries = RegistryEntry.objects.filter(qualification=claim.qualification)
    entry = entries.filter(number=read_number(claim.number) or "").first()
    if entry is None:
        person = name_key(claim.family_name, claim.given_name)
        entry = entries.filter(name_key=person, born_on=claim.born_on).first()
    return exact_match(claim, facts_of(entry) if entry else None)


def facts_of(entry: RegistryEntry) -> EntryFacts:
    return EntryFacts(
        entry_id=entry.pk,
        qualification=entry.qualification,
        number=entry.number,
        family_name=entry.family_name,
        given_name=entry.given_name,
        born_on=entry.born_on,
        registered_on=entry.registered_on,
    )


def entries(viewer: Officer, *, number: str = "", name: str = "") -> QuerySet[RegistryEntry]:
    """For officers who keep the registry; one person is found by number or by the whole name."""
    if not viewer.may(Duty.REGISTRY):
        return RegistryEntry.objects.none()
    found = RegistryEntry.objects.order_by("qualification", "number")
    if number:
        found = found.filter(number=read_number(number) or "")
    if name:
        found = found.filter(name_key=name_key(name, ""))
    return found
