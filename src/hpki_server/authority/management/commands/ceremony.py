"""`hpki-server ceremony run FILE | rehearse FILE | verify TRANSCRIPT`."""

import getpass
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from hpki.errors import HpkiError
from hpki_server.authority.ceremony.books import DatabaseBooks, audited_transcript_hash
from hpki_server.authority.ceremony.desk import Desk, FileDesk, TerminalDesk
from hpki_server.authority.ceremony.file import ReviewedFile, read_file
from hpki_server.authority.ceremony.rehearse import rehearse
from hpki_server.authority.ceremony.run import Room, hold, plan
from hpki_server.authority.ceremony.stopped import CeremonyStopped
from hpki_server.authority.ceremony.verify import verify_transcript

_CLOCK = timezone.now  # noqa: TID251 - a command reads the clock


class Command(BaseCommand):
    help = "Hold, rehearse or verify a key ceremony"
    # The checks are about pages; a ceremony serves none.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        does = parser.add_subparsers(dest="does", required=True)
        run = does.add_parser(
            "run", help="hold the ceremony of a reviewed file, or go on with an interrupted one"
        )
        run.add_argument("file", type=Path)
        run.add_argument(
            "--share",
            type=Path,
            action="append",
            default=[],
            help="a file with one custodian's share; repeat",
        )
        run.add_argument(
            "--share-folder", type=Path, help="put new shares here, a file each, instead of showing them"
        )
        run.add_argument("--yes", action="store_true", help="do not ask before beginning")
        rehearsal = does.add_parser("rehearse", help="do all of it with throw-away keys; nothing stays")
        rehearsal.add_argument("file", type=Path)
        verification = does.add_parser("verify", help="prove a transcript: hashes, lints, signatures")
        verification.add_argument("transcript", type=Path)

    def handle(self, **options: Any) -> None:  # noqa: ANN401 - as BaseCommand declares it
        try:
            if options["does"] == "run":
                self._run(options)
            elif options["does"] == "rehearse":
                rehearse(read_file(options["file"]), clock=_CLOCK, tell=self.stdout.write)
            else:
                self._verify(options["transcript"])
        except (CeremonyStopped, HpkiError) as error:
            raise CommandError(str(error)) from error
        except EOFError as error:
            raise CommandError(
                "nobody answers: give --yes and --share files, or run at a terminal"
            ) from error

    def _run(self, options: dict[str, Any]) -> None:
        file = read_file(options["file"])
        room = Room(folder=Path(settings.VAR), desk=self._desk(options), books=DatabaseBooks(), clock=_CLOCK)
        if not room.is_begun(file.content):
            for line in plan(file.content, room):
                self.stdout.write(line)
        self.stdout.write(f"  file SHA-256 {file.sha256}")
        if not options["yes"]:
            self._confirm(file)
        transcript = hold(file, room)
        folder = room.ceremony_folder(file.content.ceremony)
        self.stdout.write(f"held: {len(transcript.steps)} steps, last hash {transcript.head}")
        self.stdout.write(
            f"print and sign {folder / 'transcript.txt'}; keep {folder / 'transcript.json'} with it"
        )

    def _confirm(self, file: ReviewedFile) -> None:
        name = file.content.ceremony
        if input(f"Compare the hash with the reviewed one, then type {name} to begin: ").strip() != name:
            raise CeremonyStopped("not begun")

    def _desk(self, options: dict[str, Any]) -> Desk:
        if options["share"] or options["share_folder"] or options["yes"]:
            return FileDesk(options["share"], options["share_folder"], self.stdout.write)
        return TerminalDesk(getpass.getpass, input, self.stdout.write, self._clear_screen)

    def _clear_screen(self) -> None:
        # ECMA-48: erase scrollback and display, cursor home.
        self.stdout.write("\033[3J\033[2J\033[H", ending="")

    def _verify(self, path: Path) -> None:
        verified = verify_transcript(path)
        for step in verified.transcript.steps:
            self.stdout.write(f"  {step.number:2} {step.at} {step.name:16} {step.hash()}")
        self._compare_with_audit(verified.file.authority, verified.registered_head)
        self.stdout.write(f"proven: {verified.file.ceremony}, last hash {verified.transcript.head}")

    def _compare_with_audit(self, authority: str, registered_head: str) -> None:
        try:
            audited = audited_transcript_hash(authority)
        except DatabaseError:
            audited = None
        if audited is None:
            self.stdout.write(
                "  not compared with an audit chain: this server did not register the authority"
            )
        elif audited != registered_head:
            raise CeremonyStopped(
                "the audit chain holds another hash: this is not the transcript of the registration"
            )
        else:
            self.stdout.write("  the audit chain holds the same hash")
