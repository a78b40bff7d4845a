"""`hpki-server jobs [--once]`: lists, OCSP answers and whatever else must come without being asked for."""

import os
import signal
import sys
import time
from argparse import ArgumentParser
from typing import Any, Final

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from hpki_server.portal.recurring import JOBS, Runner

_TURN_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 0.5


class Command(BaseCommand):
    help = (
        "Publishes lists, keeps OCSP answers fresh, ends open records: again and again, one runner at a time"
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="everything once; exit code 1 if a job failed"
        )
        parser.add_argument(
            "--with-parent", type=int, metavar="PID", help="end with the process that started this one"
        )

    def handle(self, **options: Any) -> None:  # noqa: ANN401 - as BaseCommand declares it
        runner = Runner(JOBS, self._say)
        if options["once"]:
            if runner.turn():
                sys.exit(1)
            return
        # A flag and short sleeps: an Event's lock could be held by the very thread that the signal interrupts.
        asked_to_end: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda got, _: asked_to_end.append(got))
        # Told by number: whoever was killed while this process still began is not our parent any more.
        parent: int | None = options["with_parent"]
        while not asked_to_end and not _is_orphan(parent):
            runner.turn()
            close_old_connections()
            for _ in range(int(_TURN_SECONDS / _LOOK_SECONDS)):
                if asked_to_end or _is_orphan(parent):
                    break
                time.sleep(_LOOK_SECONDS)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _is_orphan(parent: int | None) -> bool:
    return parent is not None and os.getppid() != parent
