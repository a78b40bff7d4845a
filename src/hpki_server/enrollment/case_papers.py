"""The papers of one case for an officer's eyes: each as a picture, and the entries that are held against them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.forms import BoundField
from django.urls import reverse
from django.utils.functional import Promise

from hpki_server.enrollment.desk_forms import ENTRY_WORDS
from hpki_server.enrollment.models import PART_WORDS, Application
from hpki_server.enrollment.papers import PDF
from hpki_server.enrollment.rules import EntryField, Part
from hpki_server.enrollment.services.identities import others_with
from hpki_server.enrollment.summary import numbered

# In the order in which an examiner reads.
READING_ORDER = (
    Part.LICENCE,
    Part.IDENTITY,
    Part.PHOTO,
    Part.FAMILY_REGISTER,
    Part.ALIAS_PROOF,
    Part.LOSS_REPORT,
)


@dataclass(frozen=True)
class PaperView:
    part: Part
    word: str | Promise
    picture_url: str
    file_url: str
    is_pdf: bool


@dataclass(frozen=True)
class EntryLine:
    """One entry to be held against the papers; names are drawn large, days in both calendars."""

    field: EntryField
    word: str | Promise
    value: str | dt.date | None
    tick: BoundField | None = None
    checked: bool = False

    @property
    def is_name(self) -> bool:
        return self.field in {EntryField.NAME, EntryField.BESIDE_NAME}

    @property
    def is_day(self) -> bool:
        return isinstance(self.value, dt.date)


def papers_of(application: Application) -> list[PaperView]:
    media = dict(application.papers.values_list("kind", "media_type"))
    views = []
    for part in READING_ORDER:
        if part.value not in media:
            continue
        file_url = reverse("enrollment:paper", args=[application.id, part.value])
        is_pdf = media[part.value] == PDF
        picture_url = (
            reverse("enrollment:paper-sheet", args=[application.id, part.value]) if is_pdf else file_url
        )
        views.append(PaperView(part, PART_WORDS[part], picture_url, file_url, is_pdf))
    return views


def copies_of(application: Application) -> tuple[Part, ...]:
    """What the examiner ticks, one by one."""
    present = set(application.papers.values_list("kind", flat=True))
    return tuple(part for part in READING_ORDER if part.value in present)


def value_of(application: Application, field: EntryField) -> str | dt.date | None:
    values: dict[EntryField, str | dt.date | None] = {
        EntryField.NAME: application.name,
        EntryField.BESIDE_NAME: application.beside_name,
        EntryField.BORN_ON: application.born_on,
        EntryField.ADDRESS: application.address,
        EntryField.REGISTRATION_NUMBER: numbered(application.registration_number),
        EntryField.REGISTERED_ON: application.registered_on,
    }
    return values[field]


def lines_to_tick(
    application: Application, ticks: Sequence[tuple[EntryField, BoundField]]
) -> list[EntryLine]:
    return [EntryLine(field, ENTRY_WORDS[field], value_of(application, field), tick) for field, tick in ticks]


def lines_checked(application: Application, fields: frozenset[EntryField]) -> list[EntryLine]:
    """For the second officer: what the first one found on the papers."""
    latest = application.entries_checked.order_by("-checked_at", "-id").first()
    found = set(latest.fields) if latest else set()
    return [
        EntryLine(field, ENTRY_WORDS[field], value_of(application, field), checked=field.value in found)
        for field in EntryField
        if field in fields
    ]


@dataclass(frozen=True)
class SameNumber:
    """Another case at which the same photo ID's number was seen."""

    application_id: UUID
    number: str
    name: str


def same_numbers(application: Application) -> list[SameNumber]:
    """For the centre: whose documents bore the number that this person's document bears."""
    hashes = set(application.identities_seen.exclude(number_hash="").values_list("number_hash", flat=True))
    found: dict[UUID, SameNumber] = {}
    for number_hash in hashes:
        for seen in others_with(application, number_hash).select_related("application")[:20]:
            other = seen.application
            found[other.id] = SameNumber(other.id, other.number or "", other.name)
    return list(found.values())
