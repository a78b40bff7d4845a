"""Processes that issue certificates until they are killed, and the one that looks after them.

`python -m tests.journeys.issuing_victims FOLDER ROUNDS SEED`, with DATABASE_URL set to a database of its own.  Django is
loaded once; every victim is a fork that opens its own connection, says that it is ready and works until SIGKILL.
What its keys sign and what it hands out is appended to files, so that it is known whatever happens to the process.
The last line on stdout is a report as JSON.
"""

import dataclasses
import datetime as dt
import hashlib
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import django
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from hpki.keys.software import SoftwareSigner

if TYPE_CHECKING:
    from hpki_server.authority.models import Certificate

CARDS = 400
GROUP = 4
LONGEST_LIFE_SECONDS = 0.06
# Longer than any victim lives; a victim that nobody kills ends by itself.
GIVEN_UP_SECONDS = 20


class Witness:
    """Appends lines that outlive the process that wrote them."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, *words: str) -> None:
        os.write(self._fd, (" ".join(words) + "\n").encode())


def main(folder: Path, rounds: int, seed: int) -> None:
    django.setup()
    from django.core.management import call_command
    from django.db import connections

    call_command("migrate", verbosity=0)
    nursery = Nursery(folder)
    chance = random.Random(seed)  # noqa: S311 - moments of kills, not secrets
    left_open = Counter[int]()
    for _ in range(rounds):
        connections.close_all()
        works = [nursery.issue_for_ever, chance.choice([nursery.issue_for_ever, nursery.close_for_ever])]
        for work in works:
            nursery.running.append(start(work, chance.randrange(2**32)))
        kill_all(nursery.running, chance)
        left_open[nursery.open_records()] += 1
    restarted = nursery.close()
    report = {**nursery.report(), "left_open": dict(left_open), "restarted": restarted}
    sys.stdout.write(json.dumps(report) + "\n")


def start(work: Callable[[int], None], seed: int) -> int:
    """Fork a victim; returns its process id once it is at work."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(reader)
            signal.alarm(GIVEN_UP_SECONDS)
            from django.db import connection

            connection.ensure_connection()
            os.write(writer, b"!")
            work(seed)
        finally:
            os._exit(1)
    os.close(writer)
    os.read(reader, 1)
    os.close(reader)
    return pid


def kill_all(pids: list[int], chance: random.Random, *, longest: float = LONGEST_LIFE_SECONDS) -> None:
    while pids:
        time.sleep(chance.uniform(0, longest))
        os.kill(pids[-1], signal.SIGKILL)
        _, status = os.waitpid(pids.pop(), 0)
        if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
            sys.exit("a victim died of something else: see its traceback above")


class Nursery:
    """The hierarchy, the cards and the witnesses that all victims share."""

    def __init__(self, folder: Path) -> None:
        from hpki_server.authority import ports
        from tests.hpki_server.authority import stage

        self.running: list[int] = []
        self.signed, self.handed_out = folder / "signed", folder / "handed-out"
        signing, self._delivered = Witness(self.signed), Witness(self.handed_out)

        class WitnessedSigner(SoftwareSigner):
            def sign(self, message: bytes) -> bytes:
                signing.write(hashlib.sha256(message).hexdigest())
                return super().sign(message)

        for issuer in stage.hierarchy().values():
            held = ports.unit_of(issuer).signer
            assert isinstance(held, SoftwareSigner)
            ports.adopt(issuer, WitnessedSigner(held.builder_key(), label=held.label))
        self._cards = [stage.begun_card() for _ in range(CARDS)]

    def issue_for_ever(self, seed: int) -> None:
        """Cards come to the desk again and again, always with the keys that are on them."""
        from hpki_server.authority import services
        from hpki_server.people.denial import Denied
        from tests.hpki_server.authority import stage

        chance = random.Random(seed)  # noqa: S311 - which cards come next is no secret
        while True:
            cards = chance.sample(self._cards, GROUP)
            orders = [
                services.IssueOrder(
                    card.id,
                    tuple(
                        stage.proven_key(card, profile, key_on_card(card.card_id, profile))
                        for profile in stage.CARD_PROFILES
                    ),
                )
                for card in cards
            ]
            try:
                issued = services.issue_certificates(orders, by="system", at=stage.NOON)
            except Denied as refused:
                sys.exit(f"refused: {refused}")
            for one in issued:
                self._delivered.write(one.serial_hex, hashlib.sha256(one.certificate_der).hexdigest())

    def close_for_ever(self, seed: int) -> None:  # noqa: ARG002 - as issue_for_ever
        while True:
            self.close()

    def close(self) -> dict[str, int]:
        from hpki_server.authority import services
        from tests.hpki_server.authority import stage

        return dataclasses.asdict(services.close_open_records(at=stage.NOON + dt.timedelta(minutes=1)))

    def open_records(self) -> int:
        from hpki_server.authority.models import Certificate

        return Certificate.objects.filter(state=Certificate.State.INTENDED).count()

    def report(self) -> dict[str, object]:
        """What the records say, set against what the witnesses saw."""
        from hpki_server.authority.models import Certificate
        from hpki_server.people import audit_check
        from tests.hpki_server.authority import stage

        rows = list(Certificate.objects.select_related("issuer"))
        intended, signed = (stage.audited(f"certificates:{act}") for act in ("intend", "sign"))
        by_serial = {row.serial_hex: row for row in rows}
        handed_out = {tuple(line.split()) for line in self.handed_out.read_text().splitlines()}
        return {
            "certificates": len(rows),
            "states": dict(Counter(row.state for row in rows)),
            "signatures": len(self.signed.read_text().splitlines()),
            "handed_out": len(handed_out),
            "signed_without_record": sorted(
                set(self.signed.read_text().split()) - {row.tbs_sha256 for row in rows}
            ),
            "handed_out_otherwise": [
                serial
                for serial, sha256 in handed_out
                if serial not in by_serial or sha256 != fingerprint(by_serial[serial].certificate_der)
            ],
            "not_audited_once": [
                row.serial_hex
                for row in rows
                if (len(intended.get(row.serial_hex, ())), len(signed.get(row.serial_hex, ()))) != (1, 1)
            ],
            "audited_without_record": sorted({*intended, *signed} - set(by_serial)),
            "serials_twice": repeated([(row.issuer_id, row.serial_hex) for row in rows]),
            "cards_counted_twice": repeated([(row.card_id, row.profile) for row in rows]),
            "keys_certified_twice": repeated([row.public_key_sha256 for row in rows]),
            "other_certificate_than_recorded": [str(row.id) for row in rows if not is_as_recorded(row)],
            "audit_findings": [finding.sentence for finding in audit_check.findings()],
        }


def key_on_card(card_id: str, profile: str) -> SoftwareSigner:
    """The key that the chip of a card holds: the same one whenever the card comes back."""
    number = int.from_bytes(hashlib.sha256(f"{card_id} {profile}".encode()).digest()) >> 1
    return SoftwareSigner(ec.derive_private_key(number, ec.SECP256R1()))


def fingerprint(der: bytes | memoryview | None) -> str:
    return hashlib.sha256(bytes(der or b"")).hexdigest()


def repeated(values: Sequence[object]) -> list[str]:
    return [str(value) for value, times in Counter(values).items() if times > 1]


def is_as_recorded(row: "Certificate") -> bool:
    """The stored certificate is over the recorded bytes, under its issuer's key, with the recorded serial."""
    certificate = x509.load_der_x509_certificate(bytes(row.certificate_der or b""))
    certificate.verify_directly_issued_by(x509.load_der_x509_certificate(bytes(row.issuer.certificate_der)))
    return (
        hashlib.sha256(certificate.tbs_certificate_bytes).hexdigest() == row.tbs_sha256
        and f"{certificate.serial_number:040x}" == row.serial_hex
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
