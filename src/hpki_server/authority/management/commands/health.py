"""`hpki-server health [--json]`: exit code 0 good, 1 warning, 2 error."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error
from django.utils import timezone

from hpki_server.authority import health
from hpki_server.authority.health import Level, Point
from hpki_server.people.log_lines import told


class Command(BaseCommand):
    help = "Each issuer's freshest lists, records left open, the audit head; exit code 0 good, 1 warning, 2 error"
    # A monitor asks often; the checks are about pages.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, **options: Any) -> None:  # noqa: ANN401 - as BaseCommand declares it
        at = timezone.now()  # noqa: TID251 - a command reads the clock, once
        try:
            found = list(health.points(at=at))
        except (Error, OSError) as error:
            # Away, damaged, or without its tables: not the exit code of a warning, which is Python's own for a failure.
            name = "database" if isinstance(error, Error) else "HPKI_VAR"
            found = [Point(name, Level.ERROR, f"it cannot be read: {told(error)}")]
        worst = health.worst(found)
        if options["json"]:
            shown = [
                {"name": one.name, "level": one.level.name.lower(), "sentence": one.sentence, **one.facts}
                for one in found
            ]
            answer = {"at": at.isoformat(), "level": worst.name.lower(), "points": shown}
            self.stdout.write(json.dumps(answer, indent=1))
        else:
            for one in found:
                self.stdout.write(f"{one.level.name:8} {one.name}: {one.sentence}")
            self.stdout.write(f"{worst.name}")
        if worst is not Level.GOOD:
            sys.exit(int(worst))
