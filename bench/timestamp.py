"""Time-stamps against the bare signature of the same key, and proofs from a chain of 100,000 lines.

A token is read, prepared, linted, signed, compared and verified; "recorded" is what a client waits for: the row and the
audit line are durable in SQLite before the token is given.  The measurement runs in a process of its own.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

PROJECT = Path(__file__).resolve().parents[1]
Row = tuple[str, float, float, str]
ROUNDS = 11
SECONDS = 0.2
LINES = 100_000
BATCH = 5_000


def measure() -> Iterator[Row]:
    """Rows of name, per second, ratio to raw signing, note."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment |= {"HPKI_VAR": folder, "DJANGO_SETTINGS_MODULE": "hpki_server.config.settings"}
        command = [sys.executable, "-m", "bench.timestamp"]
        ran = subprocess.run(
            command, cwd=PROJECT, env=environment, check=True, capture_output=True, text=True
        )
    yield from json.loads(ran.stdout.splitlines()[-1])


def _interleaved(*works: Callable[[], object]) -> list[float]:
    """Runs per second of each work: the median of rounds in which all take turns."""
    for work in works:
        work()
    rates: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for place, work in enumerate(works):
            rates[place].append(_rate(work))
    return [median(each) for each in rates]


def _rate(work: Callable[[], object]) -> float:
    runs = 0
    begun = time.perf_counter()
    while (passed := time.perf_counter() - begun) < SECONDS:
        work()
        runs += 1
    return runs / passed


def _query(imprint: bytes, number: int) -> bytes:
    from hpki.issuance.timestamp_request import ImprintHash, encode_request

    return encode_request(ImprintHash.SHA_256, imprint, nonce=2**63 + number)


def _tokens() -> Iterator[Row]:
    from tests import stamping

    from hpki.keys.algorithms import KeyAlgorithm

    for algorithm in (KeyAlgorithm.RSA_2048, KeyAlgorithm.P_256, KeyAlgorithm.P_384):
        signer, message = stamping.signer(algorithm), b"\x31" + bytes(120)
        numbers = iter(range(1, 10**9))

        def token(algorithm: KeyAlgorithm = algorithm, numbers: Iterator[int] = numbers) -> None:
            number = next(numbers)
            imprint = hashlib.sha256(number.to_bytes(8, "big")).digest()
            stamping.token(_query(imprint, number), algorithm, serial_number=number)

        raw, whole = _interleaved(lambda signer=signer, message=message: signer.sign(message), token)  # type: ignore[misc]  # bound at once
        note = "the bar is 0.7; " if algorithm is KeyAlgorithm.RSA_2048 else ""
        yield f"{algorithm}: raw signature (the limit)", raw, 1.0, ""
        yield f"{algorithm}: token in process", whole, whole / raw, f"{note}read, lint, sign, compare, verify"


def _recorded() -> Iterator[Row]:
    from django.utils import timezone
    from tests.hpki_server.authority import time_stamping

    from hpki.keys.algorithms import KeyAlgorithm
    from hpki_server.authority import stamping_units
    from hpki_server.authority.services.time_stamping import answer_time_stamp_query

    time_stamping.unit(KeyAlgorithm.RSA_2048)
    [unit] = stamping_units.units_at(time_stamping.NOW)
    numbers = iter(range(1, 10**9))

    def answered() -> None:
        number = next(numbers)
        imprint = hashlib.sha256(number.to_bytes(8, "big")).digest()
        at = timezone.now()  # noqa: TID251 - the bench stands where the view does
        answer_time_stamp_query(_query(imprint, number), at=at)

    raw, whole = _interleaved(lambda: unit.signer.sign(bytes(120)), answered)
    yield "rsa-2048: recorded and audited, one a commit", whole, whole / raw, "durable in SQLite, one client"


def _proofs() -> Iterator[Row]:
    from django.db import transaction
    from django.utils import timezone

    from hpki_server.people import audit, published
    from hpki_server.people.audit_nodes import StoredNodes, extend_nodes
    from hpki_server.people.models import AuditHead
    from hpki_server.people.services.publishing import publish_tree_head

    at = timezone.now()  # noqa: TID251 - a bench reads the clock
    acts = [audit.Act("card:order", "system", "card", f"card-{number}") for number in range(BATCH)]
    publish_tree_head(at=at)
    before = AuditHead.objects.get().size
    first = published.latest_heads()[0]["size"]
    while AuditHead.objects.get().size < LINES:
        with transaction.atomic():
            audit.record_many(acts, at=at)
    size = AuditHead.objects.get().size
    begun = time.perf_counter()
    extend_nodes(size)
    caught_up = time.perf_counter() - begun
    publish_tree_head(at=at)
    yield (
        f"subtrees of {size - before:,} new lines cached",
        (size - before) / caught_up,
        0.0,
        "lines a second",
    )
    numbers = iter(range(1, 10**9))
    inclusion, consistency, node = _interleaved(
        lambda: published.inclusion(next(numbers) * 7919 % size + 1, size),
        lambda: published.consistency(int(first), size),
        lambda: StoredNodes().node(9, 3),
    )
    yield f"inclusion proof in {size:,} lines", inclusion, inclusion / node, "ratio: to one read of a subtree"
    yield (
        f"consistency proof to {size:,} lines",
        consistency,
        consistency / node,
        "ratio: to one read of a subtree",
    )


def main() -> None:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    print(json.dumps([*_tokens(), *_recorded(), *_proofs()]))


if __name__ == "__main__":
    main()
