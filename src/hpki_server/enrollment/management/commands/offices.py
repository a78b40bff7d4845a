"""`hpki-server offices import FILE | list`: the addresses that postcards, letters and cards print."""

import csv
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from hpki_server.enrollment.models import OfficeAddress
from hpki_server.enrollment.services import office_lists
from hpki_server.enrollment.services.office_lists import BETWEEN_LINES, COLUMNS
from hpki_server.people.denial import Denied


class Command(BaseCommand):
    help = "Records where the centre and each desk receive people and letters."

    def add_arguments(self, parser: CommandParser) -> None:
        doing = parser.add_subparsers(dest="doing", required=True)
        reading = doing.add_parser(
            "import", help=f"a CSV with the columns {','.join(COLUMNS)} (hours: lines with | between them)"
        )
        reading.add_argument("file", type=Path)
        doing.add_parser("list", help="what is recorded, as such a CSV; last, who has no address yet")

    def handle(self, *_args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        at = timezone.now()  # noqa: TID251 - a command reads the clock once
        if options["doing"] == "list":
            self._list()
            return
        file: Path = options["file"]
        try:
            with file.open("rb") as stream:
                changed = office_lists.import_offices(stream, by="console", at=at)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        except Denied as denied:
            raise CommandError("\n".join(str(denial.sentence) for denial in denied.denials)) from denied
        missing = office_lists.without_address().count()
        self.stdout.write(f"{changed} new or changed, {missing} without an address")

    def _list(self) -> None:
        writer = csv.writer(self.stdout, lineterminator="\n")
        writer.writerow(COLUMNS)
        for one in OfficeAddress.objects.select_related("organisation").order_by("organisation__code"):
            place = one.organisation
            hours = BETWEEN_LINES.join(one.hours)
            writer.writerow([place.kind, place.code, one.postal_code, one.address, one.phone, hours])
        for office in office_lists.without_address():
            writer.writerow([office.kind, office.code, "", "", "", ""])
