"""`hpki-server demo totp NAME`: what the authenticator app of one of the demonstration's cast shows now."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from hpki_server.portal.story.cast import CAST, present_code
from hpki_server.portal.story.notebook import Notebook


class Command(BaseCommand):
    help = "Helps to log in as one of the demonstration's cast."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        code = actions.add_parser("totp", help="print the present six-digit code of one of the cast")
        code.add_argument("name", choices=[person.key for person in CAST if person.duties])

    def handle(self, *args: object, **options: str) -> None:
        del args
        notebook = Notebook(Path(settings.VAR) / "story" / "notebook.json")
        at = timezone.now()  # noqa: TID251 - a management command reads the clock
        code = present_code(options["name"], notebook, at=at)
        if code is None:
            raise CommandError("There is no demonstration here yet: start it with `make run`.")
        self.stdout.write(code)
