"""Revocation lists of a million entries, against what no list can do without: one SHA-256 over it and one signature.

In process: entries from rows (cold), taken over from the list before (re-signed), one shard of 64, and the same with
`cryptography`'s builder, measured on fewer entries and scaled.  With the server: a SQLite database of a million
certificates, all revoked; a card is revoked, and it is measured when its status says so and when its list is out.
The limit is sampled between the runs, so the other work of a machine falls on both.
"""

import datetime as dt
import hashlib
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from cryptography import x509
from tests import pki

from hpki.issuance.crl import prepare_crl, sign_crl_der
from hpki.issuance.crl_lints import authority_key_identifier
from hpki.issuance.crl_request import CRL_LIFE, CrlRequest, EntryBytes, ListScope, RevokedEntry, shard_url
from hpki.issuance.crl_stream import EntryRow, encode, encode_rows, entries_in, joined
from hpki.keys.algorithms import KeyAlgorithm, signature_hash

PROJECT = Path(__file__).resolve().parents[1]
ENTRIES = 1_000_000
SHARDS = 64
PEER_ENTRIES = 20_000
ROUNDS = 5
REVOCATIONS = 15
AT = pki.CEREMONY_DAY
Row = tuple[str, float, float, str]
REASONS = ("cessationOfOperation", "keyCompromise", "superseded")


def measure() -> Iterator[Row]:
    """Rows of name, per second, limit's time over ours, note."""
    yield from _in_process()
    yield from _with_server()


def _rows(count: int) -> list[EntryRow]:
    begins, step = dt.datetime(2022, 1, 1, tzinfo=dt.UTC), dt.timedelta(seconds=97)
    moments = [f"{begins + step * number:%Y%m%d%H%M%S}" for number in range(count)]
    # As the records' index gives them: by reason.
    share = count // len(REASONS) + 1
    return [
        (f"5{secrets.token_hex(20)[1:]}", moment, REASONS[number // share])
        for number, moment in enumerate(moments)
    ]


class Issuer:
    """A sub-CA with an RSA-2048 key, as those in service."""

    def __init__(self) -> None:
        self.authority = pki.hierarchy(KeyAlgorithm.RSA_2048).authorities["SIGNING_CA"]

    def sign(self, settled: EntryBytes, *, shard: int = 0) -> bytes:
        request = CrlRequest(
            scope=ListScope.SHARD if shard else ListScope.ALL,
            number=9,
            this_update=AT,
            next_update=AT + CRL_LIFE,
            settled=settled,
            shard_url=shard_url(self.authority.issuer.crl_url, shard) if shard else "",
        )
        signer = self.authority.signer
        return sign_crl_der(
            prepare_crl(request, self.authority.issuer, signer_algorithm=signer.algorithm), signer
        )

    def limit(self, crl_der: bytes) -> None:
        hashlib.sha256(crl_der).digest()
        self.authority.signer.sign(b"m")

    def built(self, entries: int) -> None:
        """The peer: cryptography's builder."""
        issuer = self.authority.issuer
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(issuer.certificate.subject)
            .last_update(AT)
            .next_update(AT + CRL_LIFE)
            .add_extension(authority_key_identifier(issuer), critical=False)
            .add_extension(x509.CRLNumber(9), critical=False)
        )
        reason = x509.CRLReason(x509.ReasonFlags.cessation_of_operation)
        # Adding to a builder copies its entries; its list is filled directly, which is the peer's best case.
        builder._revoked_certificates = [  # noqa: SLF001 - the public way is quadratic
            x509.RevokedCertificateBuilder(secrets.randbits(158), AT).add_extension(reason, False).build()  # noqa: FBT003 - the peer's signature
            for _ in range(entries)
        ]
        signer = self.authority.signer
        builder.sign(signer.builder_key(), signature_hash(signer.algorithm))


def _seconds(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def _row(name: str, ours: list[float], limits: list[float], note: str = "") -> Row:
    middle = statistics.median(ours)
    text = f"{middle * 1000:.1f} ms, best {min(ours) * 1000:.1f}"
    return name, 1 / middle, statistics.median(limits) / middle, f"{text}{'; ' if note else ''}{note}"


def _in_process() -> Iterator[Row]:
    issuer, rows = Issuer(), _rows(ENTRIES)
    before = issuer.sign(encode_rows(rows))
    added = encode([RevokedEntry(secrets.randbits(158) | 1 << 158, AT, x509.ReasonFlags.key_compromise)])

    def again() -> bytes:
        settled = EntryBytes(entries_in(before), ENTRIES)
        return issuer.sign(joined(settled, added))

    cold, warm, limits = [], [], []
    for _ in range(ROUNDS):
        limits.append(_seconds(lambda: issuer.limit(before)))
        cold.append(_seconds(lambda: issuer.sign(encode_rows(rows))))
        warm.append(_seconds(again))
    size = f"{len(before) / 1e6:.0f} MB"
    yield _row("CRL of 1,000,000 entries, cold from rows", cold, limits, f"{size}; target 1 s")
    yield _row("the same, re-signed with one entry more", warm, limits, "target 0.3 s")
    yield from _shard(issuer, rows)
    peer = [_seconds(lambda: issuer.built(PEER_ENTRIES)) * ENTRIES / PEER_ENTRIES for _ in range(2)]
    note = f"scaled from {PEER_ENTRIES:,} entries; ours is {min(peer) / min(cold):.1f} times as fast"
    yield _row("cryptography's builder, 1,000,000 entries", peer, limits, note)


def _shard(issuer: Issuer, rows: list[EntryRow]) -> Iterator[Row]:
    part = encode_rows(rows[: ENTRIES // SHARDS])
    signed = issuer.sign(part, shard=7)
    ours, limits = [], []
    for _ in range(20 * ROUNDS):
        limits.append(_seconds(lambda: issuer.limit(signed)))
        ours.append(_seconds(lambda: issuer.sign(EntryBytes(entries_in(signed), part.count), shard=7)))
    yield _row(f"one shard of {SHARDS}, re-signed", ours, limits, f"{len(signed) // 1024} KB; target 5 ms")


def _with_server() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment |= {"HPKI_VAR": folder, "DJANGO_SETTINGS_MODULE": "hpki_server.config.settings"}
        command = [sys.executable, "-m", "bench.crl"]
        ran = subprocess.run(
            command, cwd=PROJECT, env=environment, check=True, capture_output=True, text=True
        )
    for name, per_second, ratio, note in json.loads(ran.stdout.splitlines()[-1]):
        yield f"SQLite: {name}", per_second, ratio, note


_FILL = """
INSERT INTO authority_certificate (id, issuer_id, serial_hex, profile, card_id, state, tbs_der, tbs_sha256,
 certificate_der, public_key_sha256, intended_at, signed_at, not_before, not_after, crl_shard, revoked_at,
 revocation_reason, held_at, status_changed_at)
WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < %s)
SELECT lower(hex(randomblob(16))), %s, '5' || substr(lower(hex(randomblob(20))), 2), 'SIGNING',
 lower(hex(randomblob(16))), 'signed', x'', '', x'30', lower(hex(randomblob(32))), '2026-01-01 00:00:00',
 '2026-01-01 00:00:00', '2026-01-01 00:00:00', '2031-01-01 00:00:00', n %% %s + 1,
 datetime('2022-01-01', '+' || (n * 97) || ' seconds'), 'cessationOfOperation', NULL, '2026-01-01 00:00:00'
FROM number
"""


class Server:
    """A database with a million certificates of one issuer, and a few real cards."""

    def __init__(self) -> None:
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection
        from tests.hpki_server.authority import stage

        from hpki_server.authority import services

        call_command("migrate", verbosity=0)
        self.issuer = stage.hierarchy(KeyAlgorithm.RSA_2048)["SIGNING_CA"]
        self.issuer.crl_shards = SHARDS
        self.issuer.save()
        cards = [stage.begun_card() for _ in range(REVOCATIONS)]
        orders = [stage.issue_order(card) for card in cards]
        services.issue_certificates(orders, by="system", at=stage.NOON)
        self.cards = [card.id for card in cards]
        with connection.cursor() as cursor:
            # The rows stand for cards that nobody made.
            cursor.execute("PRAGMA foreign_keys=OFF")
            cursor.execute(_FILL, [ENTRIES, self.issuer.id.hex, SHARDS])
            cursor.execute("PRAGMA foreign_keys=ON")
            cursor.execute("ANALYZE")

    def rows(self) -> Iterator[Row]:
        from tests import cast
        from tests.hpki_server.authority.stage import NOON

        from hpki.issuance.status import Revoked, status_of
        from hpki_server.authority import queries, services
        from hpki_server.authority.models import Certificate, IssuedCrl
        from hpki_server.authority.revocation import Case
        from hpki_server.authority.services import publishing

        officer, at = cast.officer(cast.ITO), NOON + dt.timedelta(hours=1)
        full = publishing.Target(IssuedCrl.Scope.ALL)

        def publish(target: publishing.Target) -> None:
            publishing.publish(self.issuer, [target], by="system", at=at)

        cold = [_seconds(lambda: publish(full))]
        visible, listed, limits = [], [], []
        for card in self.cards:
            row = Certificate.objects.get(card=card, profile="SIGNING")
            shard = publishing.Target(IssuedCrl.Scope.SHARD, row.crl_shard)
            publish(shard)
            last = IssuedCrl.objects.latest("id")
            limits.append(_seconds(lambda: Issuer().limit(bytes(last.der))))  # noqa: B023 - called at once
            begun = time.perf_counter()
            services.revoke_card(card, case=Case.LOST, by=officer, at=at)
            found = status_of(queries.certificate_facts(self.issuer.id, int(row.serial_hex, 16)), at)
            visible.append(time.perf_counter() - begun)
            assert isinstance(found, Revoked)
            listed.append(_seconds(lambda: publish(shard)))  # noqa: B023 - called at once
        again = [_seconds(lambda: publish(full)) for _ in range(2)]
        million = "a million certificates"
        yield _row(f"card revoked to status visible, {million}", visible, limits, "target 50 ms")
        yield _row("its shard's new list, recorded and out", listed, limits)
        yield _row("full list, 1,000,000 entries, read afresh and out", cold, cold, "ratio not meant")
        yield _row("full list, 1,000,000 entries, taken over and out", again, again, "ratio not meant")


if __name__ == "__main__":
    print(json.dumps(list(Server().rows())))
