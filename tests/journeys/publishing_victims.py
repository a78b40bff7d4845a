"""Processes that publish revocation lists until they are killed, beside one that revokes.

`python -m tests.journeys.publishing_victims FOLDER ROUNDS SEED`, with DATABASE_URL set to a database of its own.  Two
publishers race for the same numbers; every signature is witnessed in a file.  The last line on stdout is a report.
"""

import datetime as dt
import hashlib
import json
import random
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import django
from cryptography import x509

from hpki.keys.software import SoftwareSigner
from tests.journeys.issuing_victims import Witness, kill_all, start

CARDS = 120
HOUR = dt.timedelta(hours=1)


def main(folder: Path, rounds: int, seed: int) -> None:
    django.setup()
    from django.core.management import call_command
    from django.db import connections

    call_command("migrate", verbosity=0)
    press = Press(folder)
    chance = random.Random(seed)  # noqa: S311 - moments of kills, not secrets
    left_open = Counter[int]()
    for _ in range(rounds):
        connections.close_all()
        running = [
            start(work, chance.randrange(2**32)) for work in (press.publish, press.publish, press.revoke)
        ]
        kill_all(running, chance)
        left_open[press.reserved()] += 1
    sys.stdout.write(json.dumps({**press.report(), "left_open": dict(left_open)}) + "\n")


class Press:
    """An issuer with shards and deltas, and cards that are revoked one after the other."""

    def __init__(self, folder: Path) -> None:
        from hpki_server.authority import ports, services
        from tests.hpki_server.authority import stage

        self.signed = folder / "signed"
        witness = Witness(self.signed)

        class WitnessedSigner(SoftwareSigner):
            def sign(self, message: bytes) -> bytes:
                witness.write(hashlib.sha256(message).hexdigest())
                return super().sign(message)

        self.issuer = stage.hierarchy()["SIGNING_CA"]
        self.issuer.crl_shards, self.issuer.crl_delta = 2, True
        self.issuer.save()
        held = ports.unit_of(self.issuer).signer
        assert isinstance(held, SoftwareSigner)
        cards = [stage.begun_card() for _ in range(CARDS)]
        services.issue_certificates([stage.issue_order(card) for card in cards], by="system", at=stage.NOON)
        ports.adopt(self.issuer, WitnessedSigner(held.builder_key(), label=held.label))
        self.cards = [card.id for card in cards]
        self.at = stage.NOON + HOUR

    def publish(self, seed: int) -> None:
        from hpki_server.authority.services import publishing

        chance = random.Random(seed)  # noqa: S311 - which list next, not a secret
        while True:
            target = chance.choice(publishing.targets(self.issuer))
            publishing.publish(self.issuer, [target], by="system", at=self.at)

    def revoke(self, seed: int) -> None:
        from hpki_server.authority import services
        from hpki_server.authority.revocation import Case
        from hpki_server.people.denial import Denied
        from tests import cast

        chance, officer = random.Random(seed), cast.officer(cast.ITO)  # noqa: S311 - which card next
        while True:
            card = chance.choice(self.cards)
            acts = (services.hold_card, services.release_card)
            try:
                if chance.random() < 0.1:
                    services.revoke_card(card, case=Case.LOST, by=officer, at=self.at)
                else:
                    chance.choice(acts)(card, by=officer, at=self.at)
            except Denied:
                continue

    def reserved(self) -> int:
        from hpki_server.authority.models import IssuedCrl

        return IssuedCrl.objects.filter(state="reserved").count()

    def report(self) -> dict[str, Any]:
        from hpki_server.authority.models import IssuedCrl
        from hpki_server.authority.services import publishing
        from hpki_server.people import audit_check
        from hpki_server.people.models import AuditLine

        abandoned = publishing.abandon_reservations(at=self.at + 2 * HOUR)
        lists = list(IssuedCrl.objects.filter(issuer=self.issuer, number__gt=1).order_by("id"))
        issued = [row for row in lists if row.state == "issued"]
        signed = Counter(self.signed.read_text().split())
        read = {row.id: x509.load_der_x509_crl(bytes(row.der)) for row in issued}
        numbers = [(row.number, row.base_number is None) for row in lists]
        audited = Counter(line.subject_id for line in AuditLine.objects.filter(act="crl:issue"))
        known = {hashlib.sha256(crl.tbs_certlist_bytes).hexdigest() for crl in read.values()}
        return {
            "issued": len(issued),
            "abandoned": abandoned,
            "open": self.reserved(),
            "numbers_twice": len(numbers) - len(set(numbers)),
            "numbers_not_growing": sum(later.number < earlier.number for earlier, later in pairwise(lists)),
            "other_number_than_recorded": [
                row.number for row in issued if _number(read[row.id]) != row.number
            ],
            "not_signed_by_us": sorted(known - set(signed)),
            "same_bytes_signed_twice": [digest for digest, times in signed.items() if times > 1],
            "not_audited_once": [row.number for row in issued if audited[str(row.id)] != 1],
            "audit_findings": [str(finding) for finding in audit_check.findings()],
            "shown_wrong": self.shown_wrong(),
        }

    def shown_wrong(self) -> list[str]:
        """After the kills one more list of each kind is made, and compared with what status_of says."""
        from hpki.issuance.status import Good, status_of
        from hpki_server.authority import queries
        from hpki_server.authority.models import Certificate
        from hpki_server.authority.services import publishing

        lists = publishing.publish(
            self.issuer, publishing.targets(self.issuer), by="system", at=self.at + HOUR
        )
        said = {
            (row.scope, row.shard): {entry.serial_number for entry in x509.load_der_x509_crl(bytes(row.der))}
            for row in lists
            if row.base_number is None
        }
        wrong = []
        for row in Certificate.objects.filter(issuer=self.issuer):
            serial = int(row.serial_hex, 16)
            good = isinstance(
                status_of(queries.certificate_facts(self.issuer.id, serial), self.at + HOUR), Good
            )
            if (serial in said["all", 0]) is good:
                wrong.append(row.serial_hex)
            if row.crl_shard and (serial in said["shard", row.crl_shard]) is good:
                wrong.append(f"{row.serial_hex} in its shard")
        return wrong


def _number(crl: x509.CertificateRevocationList) -> int:
    return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
