"""Certificates issued end to end, against raw RSA-2048 signing of the same run.

End to end is what a desk waits for: prepared, linted, recorded, signed, compared, audited and durable, three
certificates a card (signing and authentication with RSA-2048 keys, presence with P-256), every issuer RSA-2048.
Slices of raw signing and of issuing take turns, so the other work of a machine falls on both.  The measurement runs in a
process of its own, once with SQLite and once with a PostgreSQL that is started for it.

The figure to read is the first: both kinds of work tied to one core, by processor time.  Raw signing uses one core in
any case, but issuing signs a group on all cores that it may use, so the ratio by the clock can pass what one core can
do; that row says so.  The check that the card holds its keys happens before and is a row of its own.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # Django is set up in the child only
    from hpki.keys.software import SoftwareSigner
    from hpki_server.authority.models import Card
    from hpki_server.authority.possession import KeyClaim
    from hpki_server.authority.services import IssueOrder

PROJECT = Path(__file__).resolve().parents[1]
Row = tuple[str, float, float, str]
CARDS_A_GROUP = 300
ROUNDS = 3
RAW_SLICE = 400
SINGLE_CARDS = 15
# Products of so many primes give a distinct RSA modulus for each card key: quick to make, and worth nothing.
PRIMES = 88


def measure() -> Iterator[Row]:
    """Rows of name, per second, ratio to raw signing, note; the database is named in each."""
    child = [sys.executable, "-m", "bench.issue"]
    yield from _rows(child, "SQLite")
    if Path("/usr/lib/postgresql").is_dir():
        yield from _rows([sys.executable, "-m", "tests.postgres", *child], "PostgreSQL")


def _rows(command: Sequence[str], database: str) -> Iterable[Row]:
    with tempfile.TemporaryDirectory() as folder:
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment |= {"HPKI_VAR": folder, "DJANGO_SETTINGS_MODULE": "hpki_server.config.settings"}
        ran = subprocess.run(
            command, cwd=PROJECT, env=environment, check=True, capture_output=True, text=True
        )
    for name, per_second, ratio, note in json.loads(ran.stdout.splitlines()[-1]):
        yield f"{database}: {name}", per_second, ratio, note


class Slices:
    """Two kinds of work that take turns; what is compared ran under the same load."""

    def __init__(self, limit: Callable[[], int], work: Callable[[int], int], *, rounds: int) -> None:
        self.wall: list[float] = []
        self.processor: list[float] = []
        self.seconds_each = self.processor_seconds_each = 0.0
        for number in range(rounds):
            raw_wall, raw_processor = self._timed(limit)
            wall, processor = self._timed(lambda: work(number))  # noqa: B023 - called at once
            self.wall.append(raw_wall / wall)
            self.processor.append(raw_processor / processor)
            self.seconds_each += wall / rounds
            self.processor_seconds_each += processor / rounds

    @staticmethod
    def _timed(act: Callable[[], int]) -> tuple[float, float]:
        wall, processor = time.perf_counter(), time.process_time()
        times = act()
        return (time.perf_counter() - wall) / times, (time.process_time() - processor) / times

    def row_by_processor(self, name: str, note: str = "") -> Row:
        return name, 1 / self.processor_seconds_each, *_median_and_spread(self.processor, note)

    def row_by_clock(self, name: str, note: str = "") -> Row:
        return name, 1 / self.seconds_each, *_median_and_spread(self.wall, note)


def _median_and_spread(ratios: Sequence[float], note: str) -> tuple[float, str]:
    return statistics.median(ratios), f"{note}rounds {min(ratios):.2f}–{max(ratios):.2f}"


@contextmanager
def _one_core() -> Iterator[None]:
    """This process tied to one core, so that no work runs beside what is timed."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def _card_keys() -> Iterator["SoftwareSigner"]:
    from cryptography.hazmat.primitives.asymmetric import rsa

    from hpki.keys.software import SoftwareSigner

    primes = []
    for _ in range(PRIMES // 2):
        numbers = rsa.generate_private_key(65537, 2048).private_numbers()
        primes += [numbers.p, numbers.q]
    for p, q in combinations(primes, 2):
        d = rsa.rsa_recover_private_exponent(65537, p, q)
        public = rsa.RSAPublicNumbers(65537, p * q)
        if public.n.bit_length() != 2048:
            continue
        numbers = rsa.RSAPrivateNumbers(
            p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q), public
        )
        yield SoftwareSigner(numbers.private_key(unsafe_skip_rsa_key_validation=True))


def _begun_cards(count: int) -> Iterator["Card"]:
    from tests.hpki_server.authority import stage

    from hpki_server.authority import services
    from hpki_server.authority.models import Card

    ordered = [stage.ordered_card().id for _ in range(count)]
    services.begin_personalisation(ordered, by="system", at=stage.NOON)
    return Card.objects.filter(id__in=ordered).iterator()


class Desk:
    """Cards with proven keys, in groups, and the services that issue for them."""

    def __init__(self) -> None:
        from tests.hpki_server.authority import stage

        from hpki.keys.algorithms import KeyAlgorithm
        from hpki_server.authority import ports

        issuers = stage.hierarchy(KeyAlgorithm.RSA_2048)
        self._raw = ports.unit_of(issuers["SIGNING_CA"]).signer
        keys, cards = _card_keys(), _begun_cards(ROUNDS * (2 * CARDS_A_GROUP + SINGLE_CARDS) + 1)
        self.groups = [
            [self._claimed(next(cards), next(keys), next(keys)) for _ in range(CARDS_A_GROUP)]
            for _ in range(2 * ROUNDS)
        ]
        self.single = [self._claimed(card, next(keys), next(keys)) for card in cards]

    def _claimed(
        self, card: "Card", signing: "SoftwareSigner", authentication: "SoftwareSigner"
    ) -> tuple["Card", list["KeyClaim"]]:
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
        from tests.hpki_server.authority import stage

        from hpki.keys.algorithms import KeyAlgorithm
        from hpki.keys.software import generate_software_key
        from hpki_server.authority.possession import KeyClaim, possession_message

        claims = []
        presence = generate_software_key(KeyAlgorithm.P_256)
        for profile, key in zip(stage.CARD_PROFILES, (signing, authentication, presence), strict=True):
            der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            claims.append(KeyClaim(profile, der, key.sign(possession_message(card.card_id, profile, der))))
        return card, claims

    def raw(self) -> int:
        message = b"\x30" * 1000
        for _ in range(RAW_SLICE):
            self._raw.sign(message)
        return RAW_SLICE

    def proven(self, card: "Card", claims: list["KeyClaim"]) -> "IssueOrder":
        from hpki_server.authority.possession import prove_possession
        from hpki_server.authority.services import IssueOrder

        return IssueOrder(card.id, tuple(prove_possession(claim, card_id=card.card_id) for claim in claims))

    def issue(self, orders: Sequence["IssueOrder"]) -> int:
        from tests.hpki_server.authority import stage

        from hpki_server.authority import services

        return len(services.issue_certificates(orders, by="system", at=stage.NOON))


def _measured() -> Iterator[Row]:
    desk = Desk()
    desk.issue([desk.proven(*desk.single.pop())])  # the first of its shape is linted in full
    orders = [[desk.proven(*one) for one in group] for group in desk.groups]
    grouped = f"issued, {CARDS_A_GROUP} cards a commit"
    with _one_core():
        pinned = Slices(desk.raw, lambda _: desk.issue(orders.pop()), rounds=ROUNDS)
    yield pinned.row_by_processor(f"{grouped}, by processor time, one core", "bar 0.6; ")
    free = Slices(desk.raw, lambda _: desk.issue(orders.pop()), rounds=ROUNDS)
    cores = len(os.sched_getaffinity(0))
    yield free.row_by_clock(f"{grouped}, by the clock", f"issuing on {cores} cores, raw signing on 1; ")
    proofs = Slices(desk.raw, lambda number: _prove_all(desk, number), rounds=ROUNDS)
    yield proofs.row_by_processor("proofs of possession checked", "before issuing, by processor time; ")
    singles = [desk.proven(*one) for one in desk.single]
    alone = Slices(
        desk.raw,
        lambda number: sum(desk.issue([order]) for order in singles[number::ROUNDS]),
        rounds=ROUNDS,
    )
    yield alone.row_by_processor(
        "issued, one card at a time, by processor time", "three certificates a card; "
    )
    yield alone.row_by_clock(
        "issued, one card at a time, by the clock", "three certificates and two durable commits a card; "
    )
    with tempfile.TemporaryDirectory() as folder:
        peer = OpensslCa(Path(folder))
        yield Slices(desk.raw, lambda _: peer.issue(20), rounds=ROUNDS).row_by_clock(
            "peer: openssl ca, by the clock", "one process each; "
        )


class OpensslCa:
    """The peer: `openssl ca`, one process a certificate, its text file as the record."""

    CONFIG = """
[ca]
default_ca = peer
[peer]
dir = {folder}
database = $dir/index.txt
new_certs_dir = $dir
serial = $dir/serial
private_key = $dir/ca.key
certificate = $dir/ca.pem
default_md = sha256
default_days = 365
policy = anything
unique_subject = no
[anything]
commonName = supplied
"""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "ca.cnf").write_text(self.CONFIG.format(folder=folder))
        (folder / "index.txt").touch()
        (folder / "serial").write_text("1000\n")
        self._run(
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            "ca.key",
            "-out",
            "ca.pem",
            "-subj",
            "/CN=peer",
        )
        self._run(
            "req",
            "-new",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            "ee.key",
            "-out",
            "ee.csr",
            "-subj",
            "/CN=holder",
        )

    def _run(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self._folder, check=True, capture_output=True)

    def issue(self, times: int) -> int:
        for _ in range(times):
            self._run("ca", "-batch", "-notext", "-config", "ca.cnf", "-in", "ee.csr", "-out", "ee.pem")
        return times


def _prove_all(desk: Desk, number: int) -> int:
    return sum(len(desk.proven(*one).keys) for one in desk.groups[number])


def main() -> None:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    print(json.dumps(list(_measured())))


if __name__ == "__main__":
    main()
