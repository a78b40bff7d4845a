"""`hpki-server audit verify` and `audit head`."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hpki_server.people import audit_check
from hpki_server.people.models import AuditHead


def _kept_head(text: str) -> audit_check.KeptHead:
    size, _, root = text.partition(":")
    if not size.isdecimal() or len(root) != 64:
        raise argparse.ArgumentTypeError("a kept head reads SIZE:ROOT, as `audit head` printed it")
    return audit_check.KeptHead(int(size), root.lower())


class Command(BaseCommand):
    help = "Checks the audit chain, or prints its head to be kept elsewhere."

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

    def handle(self, *_args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        if options["doing"] == "head":
            head = AuditHead.objects.filter(id=1).first()
            if head is None:
                raise CommandError("The chain has no line yet.")
            self.stdout.write(f"{head.size}:{head.root_hash}")
            return
        self._verify(options["kept"], options["most"])

    def _verify(self, kept: list[audit_check.KeptHead], most: int) -> None:
        found = 0
        for finding in audit_check.findings(kept):
            found += 1
            self.stdout.write(f"line {finding.sequence}  {finding.code}: {finding.sentence}")
            if found >= most:
                raise CommandError(f"The audit chain is damaged: stopped after {found} findings.")
        if found:
            raise CommandError(f"The audit chain is damaged: {found} findings.")
        head = AuditHead.objects.filter(id=1).first()
        self.stdout.write(f"The audit chain is whole: {head.size if head else 0} lines.")
