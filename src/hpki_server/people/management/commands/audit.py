"""`hpki-server audit verify | head | publish | acknowledge-restore | line | export`."""

import argparse
from itertools import chain
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hpki.errors import HpkiError
from hpki_server.people import audit_check, jobs
from hpki_server.people.audit import event_of
from hpki_server.people.audit_heads_check import head_findings
from hpki_server.people.denial import Denied
from hpki_server.people.head_export import export_lines
from hpki_server.people.models import AuditHead, AuditLine


def _kept_head(text: str) -> audit_check.KeptHead:
    size, _, root = text.partition(":")
    if not size.isdecimal() or len(root) != 64:
        raise argparse.ArgumentTypeError("a kept head reads SIZE:ROOT, as `audit head` printed it")
    return audit_check.KeptHead(int(size), root.lower())


class Command(BaseCommand):
    help = "Checks the audit chain against itself and what was published of it, and publishes its head."

    def add_arguments(self, parser: CommandParser) -> None:
        doing = parser.add_subparsers(dest="doing", required=True)
        verify = doing.add_parser(
            "verify", help="find changed, missing and reordered lines; exit code 1 when there are any"
        )
        verify.add_argument(
            "--kept",
            action="append",
            default=[],
            type=_kept_head,
            metavar="SIZE:ROOT",
            help="a head written down earlier; the chain must have grown from it (may be repeated)",
        )
        verify.add_argument("--most", type=int, default=100, help="stop after so many findings (default 100)")
        doing.add_parser("head", help="print SIZE:ROOT of the chain as it is")
        doing.add_parser(
            "publish", help="sign the head, keep it, and have it time-stamped where that is configured"
        )
        acknowledge = doing.add_parser(
            "acknowledge-restore", help="record in the chain that lines were lost when a backup was restored"
        )
        acknowledge.add_argument("--yes", action="store_true", help="do not ask before recording")
        line = doing.add_parser("line", help="print one line as the octets that were hashed")
        line.add_argument("sequence", type=int)
        export = doing.add_parser(
            "export",
            help="write the latest published head and all leaf hashes up to it, without any contents",
        )
        export.add_argument("file", type=Path)
        export.add_argument(
            "--contents",
            action="store_true",
            help="write the lines themselves instead; two officers permit it within the last day",
        )

    def handle(self, *_args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        try:
            self._handle(options)
        except Denied as denied:
            raise CommandError("\n".join(str(denial.sentence) for denial in denied.denials)) from denied
        except HpkiError as error:
            raise CommandError(str(error)) from error

    def _handle(self, options: dict[str, Any]) -> None:
        match options["doing"]:
            case "head":
                self._head()
            case "publish":
                self._publish()
            case "acknowledge-restore":
                self._acknowledge(asks=not options["yes"])
            case "line":
                self._line(options["sequence"])
            case "export":
                self._export(options["file"], contents=options["contents"])
            case _:
                self._verify(options["kept"], options["most"])

    def _head(self) -> None:
        head = AuditHead.objects.filter(id=1).first()
        if head is None:
            raise CommandError("The chain has no line yet.")
        self.stdout.write(f"{head.size}:{head.root_hash}")

    def _publish(self) -> None:
        head = jobs.publish_tree_head()
        if head is None:
            raise CommandError("The chain has no line yet.")
        stamp = getattr(head, "stamp", None)
        stamped = f", time-stamped {stamp.gen_time.isoformat()}" if stamp is not None else ""
        self.stdout.write(f"published: {head.size} lines, root {head.root_hash}{stamped}")

    def _acknowledge(self, *, asks: bool) -> None:
        for finding in head_findings():
            self.stdout.write(f"line {finding.sequence}  {finding.code}: {finding.sentence}")
        if asks and input("Type `restored` to record this in the chain: ").strip() != "restored":
            raise CommandError("Nothing was recorded.")
        restore = jobs.acknowledge_restore()
        self.stdout.write(
            f"recorded: heads of {restore.common + 1} to {restore.lost} lines are of the lost chain"
        )

    def _export(self, path: Path, *, contents: bool) -> None:
        try:
            size = jobs.export_contents(path) if contents else export_lines(path)
        except FileExistsError as exists:
            raise CommandError(f"{path} exists and is not overwritten.") from exists
        self.stdout.write(f"{size} {'lines' if contents else 'leaf hashes and their head'} in {path}")

    def _line(self, sequence: int) -> None:
        line = AuditLine.objects.filter(sequence=sequence).first()
        if line is None:
            raise CommandError(f"There is no line {sequence}.")
        self.stdout.write(event_of(line).canonical().decode("ascii"))

    def _verify(self, kept: list[audit_check.KeptHead], most: int) -> None:
        found = 0
        for finding in chain(audit_check.findings(kept), head_findings()):
            found += 1
            self.stdout.write(f"line {finding.sequence}  {finding.code}: {finding.sentence}")
            if found >= most:
                raise CommandError(f"The audit chain is damaged: stopped after {found} findings.")
        if found:
            raise CommandError(f"The audit chain is damaged: {found} findings.")
        head = AuditHead.objects.filter(id=1).first()
        self.stdout.write(f"The audit chain is whole: {head.size if head else 0} lines.")
