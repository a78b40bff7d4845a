"""`hpki-server tsa setup | list`: the units of the time-stamp authority."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from hpki.errors import HpkiError
from hpki.keys.algorithms import KeyAlgorithm
from hpki_server.authority.services.time_stamp_units import UnitOrder, set_up_unit
from hpki_server.authority.stamping_units import clock_sample, latest_recorded, watch_clock
from hpki_server.authority.time_stamp_models import TimeStampUnit
from hpki_server.people.denial import Denied

_CLOCK = timezone.now  # noqa: TID251 - a command reads the clock


class Command(BaseCommand):
    help = "Sets up a time-stamp unit, lists the units, or says whether the clock is trusted."

    def add_arguments(self, parser: CommandParser) -> None:
        doing = parser.add_subparsers(dest="doing", required=True)
        setup = doing.add_parser("setup", help="make a key and its certificate; the newest unit stamps")
        setup.add_argument(
            "--issuer", default="", help="slug of the authority (default: the newest for time-stamps)"
        )
        setup.add_argument("--name", default="Time-Stamp Unit", help="common name in the certificate")
        setup.add_argument(
            "--algorithm",
            type=KeyAlgorithm,
            default=KeyAlgorithm.RSA_2048,
            choices=list(KeyAlgorithm),
            help="default: rsa-2048",
        )
        doing.add_parser("list", help="the units and their lives")
        doing.add_parser("clock", help="is the clock trusted now?  exit code 1 when it is not")

    def handle(self, *_args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        if options["doing"] == "setup":
            self._set_up(UnitOrder(options["issuer"], options["name"], options["algorithm"]))
        elif options["doing"] == "list":
            self._list()
        else:
            self._judge_clock()

    def _set_up(self, order: UnitOrder) -> None:
        try:
            unit = set_up_unit(order, by="system", at=_CLOCK())
        except Denied as denied:
            raise CommandError("; ".join(str(denial.sentence) for denial in denied.denials)) from denied
        except HpkiError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"unit {unit.id} stamps until {unit.not_after:%Y-%m-%d}, policy {unit.policy}")

    def _list(self) -> None:
        for unit in TimeStampUnit.objects.select_related("issuer").order_by("not_before"):
            life = f"{unit.not_before:%Y-%m-%d} to {unit.not_after:%Y-%m-%d}"
            self.stdout.write(
                f"{unit.id}  {unit.state:8}  {life}  {unit.issuer.slug}  serial {unit.serial_hex}"
            )

    def _judge_clock(self) -> None:
        at = _CLOCK()
        if doubt := watch_clock(at).doubt(clock_sample(at), latest_recorded()):
            raise CommandError(doubt)
        self.stdout.write("The clock is trusted.")
