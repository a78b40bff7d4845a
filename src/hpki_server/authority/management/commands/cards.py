"""`hpki-server cards import FILE`: cards that were issued elsewhere before."""

import csv
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from hpki_server.authority.services.moving_in import Outcome, RowResult, environment_here, import_cards
from hpki_server.people.csv_file import for_a_sheet, printable
from hpki_server.people.denial import Denied


class Command(BaseCommand):
    help = "Takes over cards that were issued elsewhere before, from a CSV file."

    def add_arguments(self, parser: CommandParser) -> None:
        doing = parser.add_subparsers(dest="doing", required=True)
        taking = doing.add_parser("import", help="take over FILE; exit code 1 when a row was refused")
        taking.add_argument("file", type=Path)
        taking.add_argument("--report", type=Path, help="write what became of every row to this CSV file")
        taking.add_argument(
            "--environment",
            choices=["production", "test"],
            help="of the cards; default: that of the newest issuer here",
        )

    def handle(self, *_args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        at = timezone.now()  # noqa: TID251 - a command reads the clock once
        environment = options["environment"] or environment_here()
        with ExitStack() as open_files:
            report: Path | None = options["report"]
            sink = self._tell if report is None else _report(report, open_files)
            try:
                stream = open_files.enter_context(options["file"].open("rb"))
                done = import_cards(stream, environment=environment, by="system", at=at, sink=sink)
            except OSError as error:
                raise CommandError(f"{options['file']}: {error.strerror}") from error
            except Denied as denied:
                raise CommandError(" ".join(str(denial.sentence) for denial in denied.denials)) from denied
        self.stdout.write("  ".join(f"{outcome.value} {done.counts[outcome]}" for outcome in Outcome))
        if done.counts[Outcome.REFUSED]:
            raise CommandError(f"{done.counts[Outcome.REFUSED]} rows were refused.")

    def _tell(self, row: RowResult) -> None:
        if row.reasons:
            reasons = " / ".join(str(reason) for reason in row.reasons)
            self.stdout.write(f"line {row.line}  {printable(row.card_id)}  {row.outcome.value}: {reasons}")


def _report(path: Path, open_files: ExitStack) -> Callable[[RowResult], None]:
    try:
        opened = open_files.enter_context(path.open("w", encoding="utf-8-sig", newline=""))
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
    writer = csv.writer(opened)
    writer.writerow(["行", "カード番号", "結果", "理由"])

    def sink(row: RowResult) -> None:
        reasons = " / ".join(str(reason) for reason in row.reasons)
        writer.writerow([row.line, for_a_sheet(row.card_id), row.outcome.value, reasons])

    return sink
