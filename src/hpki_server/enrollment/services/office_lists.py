"""An operator's list of addresses: where the centre and each desk receive people and letters.  All rows or none."""

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from typing import BinaryIO, Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment.models import OfficeAddress
from hpki_server.enrollment.services.offices import OfficeLines, write_office_address
from hpki_server.people.csv_file import CellRow, Limits, printable, read_cells
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.models import Organisation
from hpki_server.people.officer import Officer
from hpki_server.people.queries import reception_desks
from hpki_server.people.typesetting.glyphs import missing_glyphs

COLUMNS: Final = ("kind", "code", "postal_code", "address", "phone", "hours")
# Several lines in one cell.
BETWEEN_LINES: Final = "|"
LIMITS: Final = Limits(octets=4 * 1024 * 1024, rows=20_000)
# As many as a person mends before trying again.
SAID_MOST: Final = 20
_POSTAL_CODE: Final = re.compile(r"\d{3}-?\d{4}")
_PHONE: Final = re.compile(r"[\d()+ -]{0,20}")
_Offices = Mapping[tuple[str, str], Organisation]


@transaction.atomic
def import_offices(stream: BinaryIO, *, by: Officer | str, at: dt.datetime) -> int:
    """How many addresses are new or changed; what stands there already leaves no line.

    Raises `Denied`: as `csv_file.read_cells`, and `office_row` with the number of each row that cannot be.
    """
    offices = {(one.kind, one.code): one for one in Organisation.objects.all()}
    rows = list(read_cells(stream, required=COLUMNS, limits=LIMITS))
    if denials := [denial for row in rows for denial in _denials(row, offices)]:
        raise Denied(denials[:SAID_MOST])
    stand = {one.organisation_id: _lines_of(one) for one in OfficeAddress.objects.all()}
    changed = 0
    for row in rows:
        office, lines = offices[_name(row)], _lines(row)
        if stand.get(office.pk) != lines:
            write_office_address(organisation_id=office.pk, address=lines, by=by, at=at)
            stand[office.pk] = lines
            changed += 1
    return changed


def without_address() -> QuerySet[Organisation]:
    """The centre and the desks that cannot be written to, or from, yet."""
    asked = Q(kind=Organisation.Kind.CENTRE) | Q(id__in=reception_desks().values("id"))
    return Organisation.objects.filter(asked, office__isnull=True).order_by("kind", "code")


def _name(row: CellRow) -> tuple[str, str]:
    return row.cells["kind"], row.cells["code"]


def _lines(row: CellRow) -> OfficeLines:
    cell = {name: unicodedata.normalize("NFKC", text) for name, text in row.cells.items()}
    digits = cell["postal_code"].replace("-", "")
    hours = tuple(filter(None, (line.strip() for line in row.cells["hours"].split(BETWEEN_LINES))))
    return OfficeLines(f"{digits[:3]}-{digits[3:]}", row.cells["address"], cell["phone"], hours)


def _lines_of(stored: OfficeAddress) -> OfficeLines:
    return OfficeLines(stored.postal_code, stored.address, stored.phone, tuple(stored.hours))


def _denials(row: CellRow, offices: _Offices) -> list[Denial]:
    if row.fault:
        return [_said(row, row.fault)]
    found: list[str | Promise] = []
    if _name(row) not in offices:
        found.append(_("kind と code の団体は登録されていません。"))
    if not _POSTAL_CODE.fullmatch(unicodedata.normalize("NFKC", row.cells["postal_code"])):
        found.append(_("postal_code は 7 桁の数字です。"))
    if not row.cells["address"]:
        found.append(_("address がありません。"))
    if not _PHONE.fullmatch(unicodedata.normalize("NFKC", row.cells["phone"])):
        found.append(_("phone は 20 字までの電話番号です。"))
    if missing := missing_glyphs(row.cells["address"] + row.cells["hours"]):
        found.append(_("印刷できない字があります（%(glyphs)s）。") % {"glyphs": printable("".join(missing))})
    return [_said(row, sentence) for sentence in found]


def _said(row: CellRow, sentence: str | Promise) -> Denial:
    return Denial("office_row", _("%(line)s 行目: %(why)s") % {"line": row.line, "why": sentence})
