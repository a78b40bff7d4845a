"""`hpki-server organisation associations | import FILE | list`: the reception desks of this installation."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from hpki_server.people.denial import Denied
from hpki_server.people.models import Organisation
from hpki_server.people.services import organisations


class Command(BaseCommand):
    help = "Founds the 47 prefectural associations, reads district associations and hospitals from a list."

    def add_arguments(self, parser: CommandParser) -> None:
        doing = parser.add_subparsers(dest="doing", required=True)
        doing.add_parser("associations", help="the 47 prefectural associations that are missing")
        reading = doing.add_parser(
            "import", help="a CSV with the columns kind,code,parent,name,name_en (kind: district, hospital)"
        )
        reading.add_argument("file", help="a path, or - for what comes in")
        doing.add_parser("list", help="every organisation, one a line")

    def handle(self, *_args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        at = timezone.now()  # noqa: TID251 - a command reads the clock once
        if options["doing"] == "list":
            for found in Organisation.objects.select_related("parent").order_by("code"):
                under = found.parent.code if found.parent else ""
                self.stdout.write(f"{found.kind},{found.code},{under},{found.name},{found.name_en}")
            return
        if options["doing"] == "associations":
            made = organisations.found_associations(by="system", at=at)
        else:
            file = options["file"]
            octets = sys.stdin.buffer.read() if file == "-" else _octets(Path(file))
            try:
                text = octets.decode("utf-8")
            except UnicodeDecodeError as error:
                raise CommandError(f"{file}: it is not UTF-8. Save it as CSV UTF-8.") from error
            try:
                made = organisations.import_desks(organisations.read_desk_lines(text), by="system", at=at)
            except Denied as denied:
                raise CommandError("\n".join(str(denial.sentence) for denial in denied.denials)) from denied
        self.stdout.write(f"{len(made)} new, {Organisation.objects.count()} in all")


def _octets(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
