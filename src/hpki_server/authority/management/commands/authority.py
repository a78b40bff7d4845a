"""`hpki-server authority close-open | publish | recover | custodian-lists`: what a timer or a custodian runs."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from hpki.errors import HpkiError
from hpki_server.authority import jobs
from hpki_server.authority.ceremony.custodians import combine, read_share
from hpki_server.authority.ceremony.key_store import open_with
from hpki_server.authority.ceremony.stopped import CeremonyStopped
from hpki_server.authority.models import Issuer
from hpki_server.authority.ports import adopt, forget_signers
from hpki_server.authority.services.governing import publish_outside_routine
from hpki_server.authority.services.recovering import recover_from_list
from hpki_server.people.denial import Denied


class Command(BaseCommand):
    help = "Ends what a power cut left open, publishes lists, and takes back what a restored backup has forgotten"

    def add_arguments(self, parser: ArgumentParser) -> None:
        does = parser.add_subparsers(dest="does", required=True)
        does.add_parser("close-open", help="end what a power cut left open")
        does.add_parser("publish", help="new revocation lists where they are a day old")
        recover = does.add_parser(
            "recover", help="revoke again what a published list says and the records do not"
        )
        recover.add_argument("list", type=Path, nargs="+", help="a list of ours (DER), from any mirror")

        custodians = does.add_parser(
            "custodian-lists",
            help="new lists of an issuer whose key its custodians open; two officers must have allowed it",
        )
        custodians.add_argument("issuer", help="the issuer's slug, e.g. demo-root")
        custodians.add_argument(
            "--share", type=Path, action="append", required=True, help="a custodian's share"
        )

    def handle(self, **options: Any) -> None:  # noqa: ANN401 - as BaseCommand declares it
        if options["does"] == "publish":
            self._publish()
        elif options["does"] == "recover":
            for path in options["list"]:
                self._recover(path)
        elif options["does"] == "custodian-lists":
            self._custodian_lists(options["issuer"], options["share"])
        else:
            self._close()

    def _close(self) -> None:
        closed = jobs.close_open_records()
        self.stdout.write(
            f"{closed.signed} signed, {closed.abandoned} abandoned, "
            f"{closed.waiting} waiting for their issuer's key"
        )

    def _publish(self) -> None:
        published = jobs.publish_lists()
        for row in published.lists:
            self.stdout.write(f"{row.issuer.slug} {row.scope} number {row.number}, {row.entries} entries")
        if published.obstacles:
            raise CommandError("; ".join(f"{slug}: {why}" for slug, why in published.obstacles))

    def _recover(self, path: Path) -> None:
        at = timezone.now()  # noqa: TID251 - a command reads the clock, once
        try:
            found = recover_from_list(path.read_bytes(), by="system", at=at)
        except (HpkiError, OSError) as error:
            raise CommandError(f"{path}: {error}") from error
        self.stdout.write(
            f"{found.issuer} number {found.number}: {found.revoked} revoked again, {found.held} held again, "
            f"{found.unknown} without a record"
        )

    def _custodian_lists(self, slug: str, shares: list[Path]) -> None:
        at = timezone.now()  # noqa: TID251 - a command reads the clock, once
        issuer = Issuer.objects.filter(slug=slug).first()
        if issuer is None:
            raise CommandError(f"there is no issuer {slug}")
        try:
            secret = combine([read_share(path.read_text(encoding="ascii")) for path in shares])
            signer = open_with(issuer.key_store, Path(settings.VAR), secret)
            lists = publish_outside_routine(issuer, adopt(issuer, signer), by="custodians", at=at)
        except Denied as denied:
            raise CommandError(" ".join(str(denial.sentence) for denial in denied.denials)) from denied
        except (CeremonyStopped, HpkiError, OSError, UnicodeError) as error:
            raise CommandError(str(error)) from error
        finally:
            forget_signers()
        for row in lists:
            self.stdout.write(f"{slug} {row.scope} number {row.number}, {row.entries} entries")
