"""`hpki-server fees biller | import FILE | table`: what a cashier does at the server's console."""

import datetime as dt
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from hpki_server.fees import rules, services
from hpki_server.fees.occasions import FeeOccasion
from hpki_server.fees.services.books import day_of
from hpki_server.fees.states import RowOutcome
from hpki_server.people.denial import Denied
from hpki_server.people.member_kind import MemberKind

BILLER = (
    ("--name", "as invoices print it"),
    ("--registration", "登録番号: T and 13 digits, with its check digit"),
    ("--postal-code", "seven digits"),
    ("--address", "in one line"),
    ("--bank", "name of the bank"),
    ("--branch", "its branch"),
    ("--account", "number of the account to which people pay"),
    ("--holder", "of the account, in kana as the bank writes it"),
    ("--source", "where number and account were taken from"),
)


class Command(BaseCommand):
    help = "Who sends invoices, the bank's files, and the table of fees."

    def add_arguments(self, parser: CommandParser) -> None:
        doing = parser.add_subparsers(dest="doing", required=True)
        biller = doing.add_parser("biller", help="register the issuer of invoices from a day on")
        biller.add_argument("--from", dest="valid_from", type=dt.date.fromisoformat, required=True)
        for name, words in BILLER:
            biller.add_argument(name, required=True, help=words)
        biller.add_argument("--phone", default="")
        biller.add_argument("--account-kind", default="普通")
        biller.add_argument("--specimen", action="store_true", help="its invoices say 見本")
        taking = doing.add_parser(
            "import", help="take over a bank's statement; exit code 1 for unreadable rows"
        )
        taking.add_argument("file", type=Path)
        table = doing.add_parser("table", help="what everything costs on a day")
        table.add_argument("--on", type=dt.date.fromisoformat, help="YYYY-MM-DD; today if not given")

    def handle(self, *_args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        at = timezone.now()  # noqa: TID251 - a command reads the clock once
        try:
            if options["doing"] == "biller":
                self._biller(options, at=at)
            elif options["doing"] == "import":
                self._import(options["file"], at=at)
            else:
                self._table(options["on"] or day_of(at))
        except Denied as denied:
            raise CommandError(" ".join(str(denial.sentence) for denial in denied.denials)) from denied

    def _biller(self, options: dict[str, Any], *, at: dt.datetime) -> None:
        lines = services.BillerLines(
            name=options["name"],
            unverified_registration_number=options["registration"],
            postal_code=options["postal_code"],
            address=options["address"],
            phone=options["phone"],
            bank=options["bank"],
            branch=options["branch"],
            account_kind=options["account_kind"],
            account_number=options["account"],
            account_holder=options["holder"],
            source=options["source"],
            is_specimen=options["specimen"],
        )
        biller = services.write_biller(lines, valid_from=options["valid_from"], by="console", at=at)
        self.stdout.write(f"{biller.name}  {biller.registration_number}  from {biller.valid_from}")

    def _import(self, path: Path, *, at: dt.datetime) -> None:
        try:
            with path.open("rb") as stream:
                report = services.import_payments(stream, by="console", at=at, name=path.name)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        self.stdout.write("  ".join(f"{each.value} {report.counts[each]}" for each in RowOutcome))
        if report.counts[RowOutcome.REFUSED]:
            raise CommandError(f"{report.counts[RowOutcome.REFUSED]} rows could not be read.")

    def _table(self, on: dt.date) -> None:
        for occasion in FeeOccasion:
            for kind in MemberKind:
                try:
                    fee = rules.fee(occasion, kind, on)
                except Denied:
                    self.stdout.write(f"{occasion:15} {kind:11} no rule")
                    continue
                doubts = f"  unverified: {' '.join(sorted(fee.unverified))}" if fee.unverified else ""
                self.stdout.write(
                    f"{occasion:15} {kind:11} {fee.net:>7,} + {fee.tax:>5,} = {fee.gross:>7,} yen  ({fee.tax_rate} %, {fee.table}){doubts}"
                )
