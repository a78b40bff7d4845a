"""The audit chain: written with its act, and every tampering is found and located."""

import datetime as dt
import io
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import Max

from hpki.audit import merkle
from hpki_server.people import audit, audit_check, audit_triggers
from hpki_server.people.models import AuditHead, AuditLine
from tests import cast

AT = cast.NOON
ROWS = 9
PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture
def chain(db: None) -> None:
    """Nine lines, written one by one and grouped."""
    with transaction.atomic():
        for number in range(4):
            record(number)
        audit.record_many([act(number) for number in range(4, ROWS)], at=AT)


def act(number: int) -> audit.Act:
    return audit.Act(
        "card:order", "system", "card", f"card-{number}", None, {"profile": "signing", "n": number}
    )


def record(number: int) -> AuditLine:
    return audit.record(
        "card:order",
        by="system",
        subject_kind="card",
        subject_id=f"card-{number}",
        at=AT,
        details={"n": number},
    )


def sql(statement: str, *values: str | int) -> None:
    """Tampering goes past the program, as an intruder's would."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def found() -> list[tuple[int, str]]:
    return [(finding.sequence, finding.code) for finding in audit_check.findings()]


@pytest.mark.usefixtures("chain")
def test_an_untouched_chain_is_whole() -> None:
    assert found() == []
    out = io.StringIO()
    call_command("audit", "verify", stdout=out)
    assert "whole: 9 lines" in out.getvalue()


@pytest.mark.usefixtures("chain")
def test_every_line_is_a_leaf_of_the_tree_and_names_the_line_before() -> None:
    lines = list(AuditLine.objects.order_by("sequence"))
    tree = merkle.CompactRange()
    previous = audit.FIRST_PREVIOUS
    for line in lines:
        event = {
            "act": line.act,
            "at": "2026-11-04T03:00:00.000000Z",
            "by": "system",
            "details": json.loads(line.details),
            "organisation": "",
            "previous": previous,
            "sequence": line.sequence,
            "subject_id": line.subject_id,
            "subject_kind": "card",
        }
        leaf = merkle.leaf_hash(json.dumps(event, sort_keys=True, separators=(",", ":")).encode())
        tree.append(leaf)
        previous = leaf.hex()
        assert (line.leaf_hash, line.root_hash) == (previous, tree.root().hex())
    assert AuditHead.objects.get().root_hash == tree.root().hex()


@pytest.mark.django_db
def test_the_written_line_comes_back_as_it_stands() -> None:
    with transaction.atomic():
        line = record(1)
    assert AuditLine.objects.values().get() == {
        field.name: getattr(line, field.name) for field in AuditLine._meta.fields
    }


@pytest.mark.django_db(transaction=True)
def test_a_line_without_the_transaction_of_its_act_is_refused() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        record(1)


@pytest.mark.django_db(transaction=True)
def test_an_act_that_fails_leaves_no_line() -> None:
    def fail() -> None:
        with transaction.atomic():
            record(1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not AuditLine.objects.exists()
    assert found() == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("details", "error"),
    [({"when": dt.date(2026, 1, 1)}, TypeError), ({"text": "あ" * 201}, ValueError), ({"x": 1.5}, TypeError)],
)
def test_details_are_short_and_plain(details: dict[str, audit.Detail], error: type[Exception]) -> None:
    with pytest.raises(error):
        audit.record("a:b", by="system", subject_kind="card", subject_id="1", at=AT, details=details)


@pytest.mark.usefixtures("chain")
@pytest.mark.parametrize(
    "change",
    [
        "act = 'card:scrap'",
        "\"by\" = 'someone'",
        "subject_id = 'card-99'",
        "subject_kind = 'certificate'",
        "organisation = 'x'",
        "details = '{\"n\":77}'",
        "at = '2026-11-04 03:00:00.000001+00:00'",
        "previous_hash = '00'",
        "leaf_hash = 'ab'",
        "leaf_hash = 'no hash'",
        'details = \'{"n":"あ"}\'',
    ],
)
def test_a_changed_line_is_named(change: str) -> None:
    sql(f"UPDATE people_auditline SET {change} WHERE sequence = 5")  # noqa: S608 - the changes stand above
    assert (5, "changed") in found()
    assert all(sequence in {5, 6} for sequence, _code in found())


@pytest.mark.usefixtures("chain")
@pytest.mark.parametrize("moment", ["'nonsense'", "'2026-13-45 00:00:00'", "7"])
def test_a_moment_that_is_none_is_named(moment: str) -> None:
    change = f"UPDATE people_auditline SET at = {moment} WHERE sequence = 5"  # noqa: S608 - the moments stand above
    if connection.vendor != "sqlite":
        with pytest.raises(DatabaseError), transaction.atomic():
            sql(change)
        return
    sql(change)
    assert found() == [(5, "changed")]


@pytest.mark.usefixtures("chain")
def test_a_changed_root_is_named() -> None:
    sql("UPDATE people_auditline SET root_hash = %s WHERE sequence = 4", "00" * 32)
    assert found() == [(4, "wrong_root")]


@pytest.mark.usefixtures("chain")
def test_a_changed_line_with_a_fitting_hash_of_its_own_is_named_too() -> None:
    line = AuditLine.objects.get(sequence=5)
    line.act = "card:scrap"
    sql(
        "UPDATE people_auditline SET act = %s, leaf_hash = %s WHERE sequence = 5",
        line.act,
        audit.event_of(line).leaf_hash().hex(),
    )
    assert found() == [(5, "wrong_root"), (6, "broken_link")]


@pytest.mark.usefixtures("chain")
def test_a_missing_line_is_named() -> None:
    sql("DELETE FROM people_auditline WHERE sequence = 5")
    assert found() == [(5, "missing")]


@pytest.mark.usefixtures("chain")
def test_missing_lines_at_both_ends_are_named() -> None:
    sql("DELETE FROM people_auditline WHERE sequence IN (1, 2, 9)")
    assert found() == [(1, "missing"), (9, "truncated")]


@pytest.mark.usefixtures("chain")
def test_two_lines_that_changed_places_are_named_with_their_true_places() -> None:
    for here, there in ((3, -1), (6, 3), (-1, 6)):
        sql("UPDATE people_auditline SET sequence = %s WHERE sequence = %s", there, here)
    moved = [finding for finding in audit_check.findings() if finding.code == "moved"]
    assert [finding.sequence for finding in moved] == [3, 6]
    assert "written as line 6" in moved[0].sentence
    assert "written as line 3" in moved[1].sentence


@pytest.mark.usefixtures("chain")
def test_a_line_beyond_the_head_is_named() -> None:
    sql(
        'INSERT INTO people_auditline SELECT 10, at, act, "by", organisation, subject_kind, subject_id, details,'
        " previous_hash, leaf_hash, root_hash FROM people_auditline WHERE sequence = 9"
    )
    assert found() == [(10, "surplus")]


@pytest.mark.usefixtures("chain")
def test_a_head_that_forgets_lines_is_found() -> None:
    sql("UPDATE people_audithead SET size = 8")
    assert {code for _sequence, code in found()} == {"wrong_head", "surplus"}


@pytest.mark.usefixtures("chain")
def test_a_head_that_was_taken_away_is_found_and_the_lines_are_judged_without_it() -> None:
    sql("DELETE FROM people_audithead")
    assert found() == [(ROWS, "head_missing")]
    sql("UPDATE people_auditline SET act = 'x' WHERE sequence = 5")
    assert found() == [(ROWS, "head_missing"), (5, "changed")]


@pytest.mark.usefixtures("chain")
def test_a_chain_rewritten_to_its_end_is_found_by_a_head_that_was_kept_elsewhere() -> None:
    out = io.StringIO()
    call_command("audit", "head", stdout=out)
    kept = out.getvalue().strip()
    AuditLine.objects.all().delete()
    AuditHead.objects.all().delete()
    with transaction.atomic():
        audit.record_many([act(number) for number in range(40, 40 + ROWS)], at=AT)
    assert found() == []
    with pytest.raises(CommandError, match="damaged: 1 finding"):
        call_command("audit", "verify", "--kept", kept, stdout=out)
    assert "line 9  kept_head" in out.getvalue()


@pytest.mark.usefixtures("chain")
def test_a_chain_that_grew_keeps_its_earlier_heads() -> None:
    head = AuditHead.objects.get()
    with transaction.atomic():
        record(10)
    assert list(audit_check.findings([audit_check.KeptHead(head.size, head.root_hash)])) == []
    assert [one.code for one in audit_check.findings([audit_check.KeptHead(99, "00" * 32)])] == ["kept_head"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "tampering", ["UPDATE people_auditline SET act = 'x'", "DELETE FROM people_auditline"]
)
def test_the_database_itself_refuses(tampering: str) -> None:
    with transaction.atomic():
        record(1)
    audit_triggers.install(connection)
    try:
        with pytest.raises(DatabaseError, match="never changed or removed"), transaction.atomic():
            sql(tampering)
    finally:
        audit_triggers.drop(connection)
    assert found() == []


WRITERS, LINES = 3, 12
WRITER = """
import sys, django
django.setup()
from django.db import transaction
from tests.hpki_server.people.test_audit import LINES, record
for turn in range(LINES):
    with transaction.atomic():
        record(turn)
"""


@pytest.mark.django_db(transaction=True)
def test_writers_at_the_same_time_queue_and_leave_one_chain(tmp_path: Path) -> None:
    if connection.vendor == "postgresql":
        write_in_threads()
        assert AuditLine.objects.aggregate(last=Max("sequence"))["last"] == WRITERS * LINES
        assert found() == []
    else:
        # The tests' SQLite lives in memory, where two connections cannot wait for each other; a file can.
        assert f"whole: {WRITERS * LINES} lines" in write_in_processes(tmp_path)


def write_in_threads() -> None:
    def write() -> None:
        try:
            for turn in range(LINES):
                with transaction.atomic():
                    record(turn)
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as threads:
        for done in [threads.submit(write) for _ in range(WRITERS)]:
            done.result()


def write_in_processes(folder: Path) -> str:
    environment = os.environ | {
        "HPKI_VAR": str(folder),
        "DJANGO_SETTINGS_MODULE": "hpki_server.config.settings",
    }
    run = partial(subprocess.run, env=environment, check=True, text=True, capture_output=True, cwd=PROJECT)
    run([sys.executable, "-m", "django", "migrate", "--verbosity", "0"])
    with ThreadPoolExecutor(WRITERS) as threads:
        for done in [threads.submit(run, [sys.executable, "-c", WRITER]) for _ in range(WRITERS)]:
            done.result()
    return run([sys.executable, "-m", "django", "audit", "verify"]).stdout
