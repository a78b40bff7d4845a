"""`hpki-server demo logins | totp NAME | registry --people N | issued-cards`: the cast, a register, cards of before."""

import sys
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from hpki_server.portal.story.cast import CAST, login_lines, present_code
from hpki_server.portal.story.notebook import Notebook
from hpki_server.registry.demo_registry import write_demo_registry
from hpki_server.registry.services import Outcome, import_entries
from hpki_server.statistics.demo_cards import has_production_issuers, issue_demo_cards, write_demo_cards


class Command(BaseCommand):
    help = "Helps to log in as one of the demonstration's cast; fills a register with invented people."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("logins", help="one line per person: who, and how to log in")
        code = actions.add_parser("totp", help="print the present six-digit code of one of the cast")
        code.add_argument("name", choices=[person.key for person in CAST if person.duties])
        register = actions.add_parser("registry", help="import a register of invented people")
        register.add_argument("--people", type=int, default=600_000)
        register.add_argument("--seed", type=int, default=1, help="the same seed makes the same people")
        register.add_argument("--csv", type=Path, help="write the file there and import nothing")
        cards = actions.add_parser(
            "issued-cards",
            help="import 17,861 invented cards, laid out like the association's table of 2021-01-31",
        )
        cards.add_argument("--csv", type=Path, help="write the file there and import nothing")
        cards.add_argument(
            "--yes", action="store_true", help="even beside issuers of the production environment"
        )

    def handle(self, *args: object, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        del args
        if options["action"] == "registry":
            self._fill_registry(options["people"], options["seed"], options["csv"])
            return
        if options["action"] == "issued-cards":
            self._issue_cards(options["csv"], is_sure=options["yes"])
            return
        notebook = Notebook(Path(settings.VAR) / "story" / "notebook.json")
        if notebook.get("told") is None:
            raise CommandError("There is no demonstration here yet: start it with `make run`.")
        if options["action"] == "logins":
            for line in login_lines(notebook, sys.argv[0]):
                self.stdout.write(line)
        else:
            at = timezone.now()  # noqa: TID251 - a management command reads the clock
            self.stdout.write(present_code(options["name"], notebook, at=at) or "")

    def _fill_registry(self, people: int, seed: int, csv: Path | None) -> None:
        if csv is not None:
            with csv.open("wb") as file:
                write_demo_registry(file, people, seed=seed)
            return
        at = timezone.now()  # noqa: TID251 - a management command reads the clock
        with tempfile.TemporaryFile() as file:
            write_demo_registry(file, people, seed=seed)
            report = import_entries(file, by="system", at=at)
        self.stdout.write("  ".join(f"{outcome.value} {report.counts[outcome]}" for outcome in Outcome))

    def _issue_cards(self, csv: Path | None, *, is_sure: bool) -> None:
        if csv is not None:
            with csv.open("wb") as file:
                write_demo_cards(file)
            return
        call_command("migrate", verbosity=0, interactive=False)
        if has_production_issuers() and not is_sure:
            raise CommandError(
                "This database has issuers of the production environment; invented cards would count among real "
                "ones.  Say --yes if that is meant."
            )
        at = timezone.now()  # noqa: TID251 - a management command reads the clock
        report = issue_demo_cards(at=at)
        self.stdout.write(
            "  ".join(f"{outcome.value} {count}" for outcome, count in sorted(report.counts.items()))
        )
