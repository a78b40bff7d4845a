"""`hpki-server match_exchange ask | acknowledge | answers FILE`: batches of match requests to the ministry and back."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from hpki_server.enrollment.services import asking
from hpki_server.people.csv_file import printable
from hpki_server.people.denial import Denied
from hpki_server.registry.exchange_files import Encoding, batch_file
from hpki_server.registry.models import MatchBatch
from hpki_server.registry.services import Outcome, exchange

DOING = {
    "ask": "write all open requests to FILE",
    "again": "write a batch that was made before to FILE once more",
    "acknowledge": "take in the ministry's acknowledgement",
    "answers": "take in the ministry's answers",
}


class Command(BaseCommand):
    help = "Exchanges match requests with the ministry as files.  Exit code 1 when a row was refused."

    def add_arguments(self, parser: CommandParser) -> None:
        doing = parser.add_subparsers(dest="doing", required=True)
        for name, words in DOING.items():
            one = doing.add_parser(name, help=words)
            one.add_argument("file", type=Path)
            if name in {"ask", "again"}:
                one.add_argument(
                    "--encoding", choices=[e.value for e in Encoding], default=Encoding.UTF8.value
                )
            if name == "again":
                one.add_argument("--batch", type=int, required=True)

    def handle(self, *_args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        at = timezone.now()  # noqa: TID251 - a command reads the clock once
        file: Path = options["file"]
        try:
            if options["doing"] == "ask":
                self._write(asking.ask_ministry(by="system", at=at), file, Encoding(options["encoding"]))
            elif options["doing"] == "again":
                batch = MatchBatch.objects.get(sequence=options["batch"])
                self._write(batch, file, Encoding(options["encoding"]))
            else:
                with file.open("rb") as stream:
                    take = (
                        exchange.import_answers
                        if options["doing"] == "answers"
                        else exchange.record_acknowledgement
                    )
                    self._tell(take(stream, by="system", at=at))
        except Denied as denied:
            raise CommandError(" ".join(str(denial.sentence) for denial in denied.denials)) from denied
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        except MatchBatch.DoesNotExist:
            raise CommandError(f"There is no batch {options['batch']}.") from None

    def _write(self, batch: MatchBatch, file: Path, encoding: Encoding) -> None:
        requests = batch.requests.select_related("batch").order_by("line")
        content, missing = batch_file([exchange.row_of(request) for request in requests], encoding)
        file.write_bytes(content)
        self.stdout.write(f"batch {batch.sequence}  requests {len(requests)}  checksum {batch.checksum}")
        for glyph in missing:
            self.stdout.write(
                f"line {glyph.line}  {glyph.reference}  {glyph.code_points}  {glyph.mj_code}: not in {encoding.value}"
            )

    def _tell(self, report: exchange.ReplyReport) -> None:
        for row in report.rows:
            if row.outcome is Outcome.REFUSED:
                reasons = " / ".join(str(reason) for reason in row.reasons)
                self.stdout.write(f"line {row.line}  {printable(row.number)}  refused: {reasons}")
        self.stdout.write("  ".join(f"{outcome.value} {report.counts[outcome]}" for outcome in Outcome))
        if report.counts[Outcome.REFUSED]:
            raise CommandError(f"{report.counts[Outcome.REFUSED]} rows were refused.")
