"""`hpki-server statistics cards-by-prefecture | cards-by-month`: the open figures, as the pages show them."""

import datetime as dt
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from hpki_server.people.typed_dates import NotADate, read_typed_date
from hpki_server.statistics import queries, sheets
from hpki_server.statistics.rules import Table, day_of
from hpki_server.statistics.sheets import Encoding

_NO_DAY: Final = "{typed}: not a day; write 2021-01-31 or 令和3年1月31日"


class Command(BaseCommand):
    help = "Prints how many cards were issued, by prefecture and month, members and non-members."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        doing = parser.add_subparsers(dest="doing", required=True)
        by_prefecture = doing.add_parser(
            "cards-by-prefecture",
            help="47 prefectures and 海外, with ranks; a table to read unless told otherwise",
        )
        form = by_prefecture.add_mutually_exclusive_group()
        form.add_argument("--csv", action="store_true", help=",".join(sheets.PREFECTURE_COLUMNS))
        form.add_argument("--json", action="store_true", help="the same with the totals")
        by_month = doing.add_parser("cards-by-month", help="CSV: " + ",".join(sheets.MONTH_COLUMNS))
        for chosen in (by_prefecture, by_month):
            chosen.add_argument("--on", metavar="DATE", help="up to and including this day; default: today")
            chosen.add_argument(
                "--encoding",
                choices=[encoding.value for encoding in Encoding],
                default=Encoding.UTF_8.value,
                help="of the output; utf-8-sig has a BOM, cp932 is Shift_JIS",
            )

    def handle(self, *_args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        today = day_of(timezone.now())  # noqa: TID251 - a command reads the clock once
        on = _day(options["on"], today=today) if options["on"] else today
        if options["doing"] == "cards-by-month":
            self._print(sheets.months_csv(queries.cards_by_month(on)), options["encoding"])
            return
        table = queries.cards_by_prefecture(on)
        self._print(_written(table, options), options["encoding"])
        if table.elsewhere:
            self.stderr.write(
                f"{table.elsewhere} cards of organisations in no prefecture are not in the table"
            )

    def _print(self, text: str, encoding: str) -> None:
        """Octet by octet: neither the terminal's language nor its line ends change a file."""
        buffer = getattr(self.stdout, "buffer", None)
        if buffer is None:
            self.stdout.write(text, ending="")
            return
        buffer.write(text.encode(encoding))
        self.stdout.flush()


def _written(table: Table, options: dict[str, Any]) -> str:
    if options["csv"]:
        return sheets.prefectures_csv(table)
    return sheets.prefectures_json(table) if options["json"] else sheets.prefectures_text(table)


def _day(typed: str, *, today: dt.date) -> dt.date:
    try:
        day = read_typed_date(typed)
    except NotADate as error:
        raise CommandError(_NO_DAY.format(typed=typed)) from error
    if day > today:
        raise CommandError(f"{day.isoformat()} is to come: there are no figures yet")
    return day
