"""Reception desks come into being: the 47 associations from our own data, districts and hospitals from a list."""

import csv
import datetime as dt
import io
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hpki_server.people.denial import Denial, Denied
from hpki_server.people.models import Organisation
from hpki_server.people.officer import Officer
from hpki_server.people.services.accounts import add_organisation

ASSOCIATIONS = Path(__file__).parents[1] / "data" / "associations.csv"
COLUMNS = ("kind", "code", "parent", "name", "name_en")
UNDER_AN_ASSOCIATION = frozenset({Organisation.Kind.DISTRICT, Organisation.Kind.HOSPITAL})


@dataclass(frozen=True)
class DeskLine:
    """One line of an operator's list; nothing of it is checked yet."""

    number: int
    kind: str
    code: str
    parent: str
    name: str
    name_en: str


def read_desk_lines(text: str) -> list[DeskLine]:
    """Lines of a CSV with the columns kind, code, parent, name, name_en.  Raises `Denied`: `columns`."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise Denied([Denial("columns", _("1 行目は kind,code,parent,name,name_en です。"))])
    return [
        DeskLine(number, *((row[column] or "").strip() for column in COLUMNS))
        for number, row in enumerate(reader, 2)
    ]


@transaction.atomic
def found_associations(*, by: Officer | str, at: dt.datetime) -> list[Organisation]:
    """The 47 prefectural associations; those that are there already stay as they are."""
    kind = Organisation.Kind.ASSOCIATION
    known = set(Organisation.objects.filter(kind=kind).values_list("code", flat=True))
    with ASSOCIATIONS.open(encoding="utf-8", newline="") as stream:
        missing = [row for row in csv.DictReader(stream) if row["code"] not in known]
    return [
        add_organisation(
            Organisation(kind=kind, code=row["code"], name=row["name"], name_en=row["name_en"]), by=by, at=at
        )
        for row in missing
    ]


@transaction.atomic
def import_desks(lines: list[DeskLine], *, by: Officer | str, at: dt.datetime) -> list[Organisation]:
    """District associations and hospitals under their prefecture's association: all lines or none; known ones stay."""
    parents = {found.code: found for found in Organisation.objects.filter(kind=Organisation.Kind.ASSOCIATION)}
    if denials := [denial for line in lines for denial in _denials(line, parents)]:
        raise Denied(denials)
    known = set(Organisation.objects.values_list("kind", "code"))
    made = []
    for line in lines:
        if (line.kind, line.code) in known:
            continue
        known.add((line.kind, line.code))
        desk = Organisation(
            kind=line.kind,
            code=line.code,
            name=line.name,
            name_en=line.name_en,
            parent=parents[line.parent],
        )
        made.append(add_organisation(desk, by=by, at=at))
    return made


def _denials(line: DeskLine, parents: dict[str, Organisation]) -> list[Denial]:
    where = {"line": line.number}
    found = []
    if line.kind not in UNDER_AN_ASSOCIATION:
        found.append(Denial("kind", _("%(line)s 行目: kind は district か hospital です。") % where))
    if line.parent not in parents:
        found.append(
            Denial("parent", _("%(line)s 行目: parent は登録済みの都道府県医師会の番号です。") % where)
        )
    if not line.code.startswith(line.parent) or len(line.code) <= len(line.parent):
        found.append(
            Denial("code", _("%(line)s 行目: code は都道府県の 2 桁で始まる固有の番号です。") % where)
        )
    if not line.name:
        found.append(Denial("name", _("%(line)s 行目: name がありません。") % where))
    return found
