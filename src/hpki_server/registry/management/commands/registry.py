"""`hpki-server registry import FILE | rekey`."""

import csv
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from hpki_server.people.csv_file import for_a_sheet, printable
from hpki_server.people.denial import Denied
from hpki_server.registry import services
from hpki_server.registry.services import Outcome, RowResult
from hpki_server.registry.services.rekeying import rekey


class Command(BaseCommand):
    help = "Imports entries of the registry from a CSV file; makes the keys of all names anew."

    def add_arguments(self, parser: CommandParser) -> None:
        doing = parser.add_subparsers(dest="doing", required=True)
        taking = doing.add_parser("import", help="take over FILE; exit code 1 when a row was refused")
        taking.add_argument("file", type=Path)
        taking.add_argument("--report", type=Path, help="write what became of every row to this CSV file")
        doing.add_parser(
            "rekey", help="make the keys of all names anew, after a change of the variant tables"
        )

    def handle(self, *_args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        if options["doing"] == "rekey":
            at = timezone.now()  # noqa: TID251 - a command reads the clock once
            self.stdout.write(f"entries {rekey(by='system', at=at)}")
            return
        file: Path = options["file"]
        report: Path | None = options["report"]
        at = timezone.now()  # noqa: TID251 - a command reads the clock once
        with ExitStack() as open_files:
            sink = self._tell
            if report is not None:
                try:
                    opened = open_files.enter_context(report.open("w", encoding="utf-8-sig", newline=""))
                except OSError as error:
                    raise CommandError(f"{report}: {error.strerror}") from error
                writer = csv.writer(opened)
                writer.writerow(["行", "登録番号", "結果", "理由"])

                def sink(row: RowResult) -> None:
                    writer.writerow(
                        [
                            row.line,
                            for_a_sheet(row.number),
                            row.outcome.value,
                            " / ".join(str(reason) for reason in row.reasons),
                        ]
                    )

            try:
                stream = open_files.enter_context(file.open("rb"))
                done = services.import_entries(stream, by="system", at=at, sink=sink)
            except OSError as error:
                raise CommandError(f"{file}: {error.strerror}") from error
            except Denied as denied:
                raise CommandError(" ".join(str(denial.sentence) for denial in denied.denials)) from denied
        self.stdout.write("  ".join(f"{outcome.value} {done.counts[outcome]}" for outcome in Outcome))
        if done.counts[Outcome.REFUSED]:
            raise CommandError(f"{done.counts[Outcome.REFUSED]} rows were refused.")

    def _tell(self, row: RowResult) -> None:
        if row.outcome in {Outcome.REFUSED, Outcome.CHANGED}:
            reasons = " / ".join(str(reason) for reason in row.reasons)
            self.stdout.write(f"line {row.line}  {printable(row.number)}  {row.outcome.value}: {reasons}")
