"""Processes that import the bank's files until they are killed, and a report of what the books say afterwards.

`python -m tests.journeys.importing_victims FOLDER ROUNDS SEED`, with DATABASE_URL set to a database of its own.  Every
round has statements of its own that overlap; two victims take them over at once, in any order, again and again, and are
killed at random moments.  Then the files are sent once more, as an officer would, and what should be in the books is
compared with what is.  The last line on stdout is a report as JSON.
"""

import hashlib
import io
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import django

from tests.journeys.issuing_victims import kill_all, start

INVOICES = 12
MOVEMENTS = 900
# A file is one to three steps long; a step takes some hundredths of a second.
LONGEST_LIFE_SECONDS = 0.25


def main(folder: Path, rounds: int, seed: int) -> None:
    django.setup()
    from django.core.management import call_command
    from django.db import connections

    call_command("migrate", verbosity=0)
    chance = random.Random(seed)  # noqa: S311 - moments of kills, not secrets
    bank = Bank()
    cut_off = Counter[str]()
    for number in range(rounds):
        files = bank.statements(number, chance)
        # A victim opens a connection of its own.
        connections.close_all()
        victims = [start(importer(files), chance.randrange(2**32)) for _ in range(2)]
        kill_all(victims, chance, longest=LONGEST_LIFE_SECONDS)
        cut_off[bank.how_far(files)] += 1
        for content in files:
            bank.send(content)
    report = {**bank.report(), "cut_off": dict(cut_off)}
    (folder / "report.json").write_text(json.dumps(report), encoding="utf-8")
    sys.stdout.write(json.dumps(report) + "\n")


def importer(files: Sequence[bytes]) -> Callable[[int], None]:
    """A victim's work: these files, in its own order, for ever."""

    def work(seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311 - which file comes next is no secret
        bank = Bank.__new__(Bank)
        while True:
            for content in chance.sample(files, len(files)):
                bank.send(content)
            time.sleep(0.001)

    return work


class Bank:
    """The account's movements, and what the books should say of them."""

    def __init__(self) -> None:
        from tests.hpki_server.fees import stage

        stage.billing()
        self._balance = 1_000_000
        # Amount and invoice of every movement that came in.
        self._expected: list[tuple[int, str]] = []

    def statements(self, number: int, chance: random.Random) -> list[bytes]:
        """The new movements of one round as two overlapping files and their whole."""
        from tests.hpki_server.fees import stage

        invoices = [stage.an_invoice(f"33-{number:04d}-{each:06d}") for each in range(INVOICES)]
        movements = []
        for _ in range(MOVEMENTS // 3 if number % 3 else MOVEMENTS):
            invoice = chance.choice(invoices)
            yen, text = chance.choice(
                [(5_500, invoice.number), (500, invoice.number), (700, "ﾀﾚｶ"), (-110, "ﾃｽｳﾘﾖｳ")]
            )
            movements.append(("2026/11/02", yen, text))
            if yen > 0:
                self._expected.append((yen, text if text.isdigit() else ""))
        rows = stage.statement_rows(movements, opening=self._balance)
        # Never the same balance twice on a day, as in an account that only grows.
        self._balance += sum(abs(yen) for _, yen, _ in movements) + 1_000_000
        cut = chance.randrange(1, len(rows))
        overlap = chance.randrange(0, cut)
        parts = (rows[:cut], rows[overlap:], rows)
        return [stage.bank_file(part).getvalue() for part in parts if part]

    def send(self, content: bytes) -> None:
        from hpki_server.fees.services import import_payments
        from tests.hpki_server.fees import stage

        import_payments(io.BytesIO(content), by="system", at=stage.NOON)

    def how_far(self, files: Sequence[bytes]) -> str:
        """Where the killed processes left this round's files: nothing, part or all of them."""

        from hpki_server.fees.models import BankFile

        digests = [hashlib.sha256(content).hexdigest() for content in files]
        known = list(BankFile.objects.filter(sha256__in=digests))
        if any(file.finished_at is None for file in known):
            return "inside a file"
        return "between files" if known else "before any file"

    def report(self) -> dict[str, Any]:
        from hpki_server.fees.models import BankFile, BankRow, Invoice, Payment
        from hpki_server.people import audit_check
        from hpki_server.people.models import AuditLine

        booked = Counter(
            (amount, number or "")
            for amount, number in Payment.objects.values_list("amount", "invoice__number").iterator()
        )
        expected = Counter(self._expected)
        audited = Counter(AuditLine.objects.filter(act="payment:record").values_list("subject_id", flat=True))
        payments = {str(key) for key in Payment.objects.values_list("id", flat=True)}
        return {
            "payments": Payment.objects.count(),
            "lost": sum((expected - booked).values()),
            "twice": sum((booked - expected).values()),
            "not_audited_once": sorted(key for key in payments if audited[key] != 1),
            "audited_without_payment": sorted(set(audited) - payments),
            "audit_findings": [finding.sentence for finding in audit_check.findings()],
            "unfinished": BankFile.objects.filter(finished_at__isnull=True).count(),
            "rows_told": BankRow.objects.count(),
            "rows_sent": sum(BankFile.objects.values_list("rows_total", flat=True)),
            "files_kept_open": BankFile.objects.exclude(sealed=None).count(),
            "invoices_wrong": [
                invoice.number
                for invoice in Invoice.objects.all()
                if invoice.paid
                != sum(yen * n for (yen, number), n in expected.items() if number == invoice.number)
                or invoice.state != ("settled" if invoice.paid >= invoice.gross else "open")
            ],
        }


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
