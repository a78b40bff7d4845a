"""Heads that were published hold the chain to what it was: cut, rewritten, forked or restored, it is said and located."""

import datetime as dt
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import Model
from django.test import Client

from hpki.audit import merkle
from hpki.audit.proofs import prove_consistency, prove_inclusion
from hpki.audit.tree_head import prove_head, read_head
from hpki.errors import ProofFailed, Unreachable
from hpki.issuance.timestamp_token import prove_token
from hpki_server.authority import health
from hpki_server.people import audit, audit_check, audit_nodes, audit_triggers
from hpki_server.people.audit_heads_check import growth_findings, head_findings, stored_head
from hpki_server.people.audit_key import audit_signer
from hpki_server.people.denial import Denied
from hpki_server.people.head_export import export_contents
from hpki_server.people.head_file import append_head, head_file, heads_in_file
from hpki_server.people.head_models import AuditNode, HeadStamp, PublishedHead
from hpki_server.people.models import AuditHead, AuditLine, Proposal
from hpki_server.people.services.proposals import Proposed, propose
from hpki_server.people.services.publishing import SAID_AGAIN_AFTER, acknowledge_restore, publish_tree_head
from tests import cast, stamping

AT = cast.NOON


@pytest.fixture(autouse=True)
def fresh_file(db: None) -> Iterator[None]:
    """A chain of its own, and no head of another test's chain beside it."""
    head_file().unlink(missing_ok=True)
    yield
    head_file().unlink(missing_ok=True)


def write(lines: int, act: str = "card:order", at: dt.datetime = AT) -> None:
    with transaction.atomic():
        audit.record_many(
            [
                audit.Act(act, "system", "card", f"card-{number}", None, {"n": number})
                for number in range(lines)
            ],
            at=at,
        )


def publish(minutes: int = 0) -> PublishedHead:
    head = publish_tree_head(at=AT + dt.timedelta(minutes=minutes))
    assert head is not None
    return head


def found() -> list[tuple[int, str]]:
    return [(finding.sequence, finding.code) for finding in head_findings()]


class Backup:
    """The tables as they were; the file beside the database is not among them."""

    def __init__(self) -> None:
        models: tuple[type[Model], ...] = (AuditLine, AuditHead, PublishedHead, AuditNode)
        self.rows = {model: list(model._default_manager.all()) for model in models}

    def restore(self) -> None:
        for model, rows in self.rows.items():
            model._default_manager.all().delete()
            model._default_manager.bulk_create(rows)


def test_a_head_is_signed_kept_in_the_table_and_beside_the_database() -> None:
    write(9)
    row = publish()
    head = prove_head(stored_head(row), audit_signer().public_key())
    assert (head.size, head.root.hex(), head.at) == (9, AuditHead.objects.get().root_hash, AT)
    assert heads_in_file() == [stored_head(row)]
    assert found() == []


def test_without_a_line_there_is_no_head() -> None:
    assert publish_tree_head(at=AT) is None


def test_an_unchanged_chain_is_said_again_once_a_day() -> None:
    write(3)
    first = publish()
    assert publish(minutes=5).id == first.id
    later = publish_tree_head(at=AT + SAID_AGAIN_AFTER)
    assert later is not None
    assert (later.size, later.id != first.id) == (3, True)
    assert found() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "tampering", ["UPDATE people_publishedhead SET size = 1", "DELETE FROM people_publishedhead"]
)
def test_the_database_refuses_to_change_what_was_published(tampering: str) -> None:
    write(3)
    publish()
    audit_triggers.install(connection, audit_triggers.HEADS)
    try:
        with (
            pytest.raises(DatabaseError, match="never changed"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(tampering)
    finally:
        audit_triggers.drop(connection)


class Second:
    """The second authority; it may be out of reach or lie."""

    def __init__(self, *, lies: bool = False, is_away: bool = False) -> None:
        self.lies, self.is_away, self.asked = lies, is_away, 0

    def stamp(self, imprint: bytes) -> bytes:
        self.asked += 1
        if self.is_away:
            raise Unreachable("http://tsa.example", "nobody answers")
        from hpki.issuance.timestamp_request import ImprintHash, encode_request

        return stamping.token(encode_request(ImprintHash.SHA_256, bytes(32) if self.lies else imprint))


def test_a_second_authority_stamps_the_head() -> None:
    write(3)
    second = Second()
    row = publish_tree_head(at=AT, stamper=second)
    assert row is not None
    stamp = HeadStamp.objects.get()
    assert prove_token(bytes(stamp.token_der), stored_head(row).imprint()).gen_time == stamp.gen_time
    publish_tree_head(at=AT, stamper=second)
    assert second.asked == 1


@pytest.mark.parametrize("second", [Second(lies=True), Second(is_away=True)], ids=["lies", "away"])
def test_a_second_authority_that_fails_stops_nothing_and_is_asked_again(second: Second) -> None:
    write(3)
    assert publish_tree_head(at=AT, stamper=second) is not None
    assert not HeadStamp.objects.exists()
    publish_tree_head(at=AT, stamper=Second())
    assert HeadStamp.objects.count() == 1


def cut(size: int) -> None:
    """The last lines are removed and the head is rewritten to fit: the chain agrees with itself."""
    last = AuditLine.objects.get(sequence=size)
    kept = list(AuditLine.objects.filter(sequence__lte=size).order_by("sequence"))
    tree = merkle.CompactRange()
    for line in kept:
        tree.append(bytes.fromhex(line.leaf_hash))
    AuditLine.objects.filter(sequence__gt=size).delete()
    AuditHead.objects.update(
        size=size, root_hash=last.root_hash, last_leaf_hash=last.leaf_hash, peaks=tree.as_hex()
    )
    assert list(audit_check.findings()) == []


def test_lines_that_were_cut_off_with_the_head_rewritten_are_found() -> None:
    write(9)
    publish()
    cut(6)
    assert found() == [(7, "cut_off")]


def test_a_chain_rewritten_to_its_end_is_found_and_located_between_two_heads() -> None:
    write(5)
    publish()
    write(4)
    publish(1)
    cut(7)
    write(6, act="card:scrap")
    assert found() == [(6, "forked")]
    with pytest.raises(Denied) as refused:
        publish(2)
    assert refused.value.codes == ("forked",)


@pytest.mark.parametrize(
    ("tampering", "code"),
    [
        (lambda: AuditLine.objects.filter(sequence=3).delete(), "wrong_length"),
        (lambda: AuditLine.objects.filter(sequence=75).delete(), "wrong_length"),
        (lambda: AuditLine.objects.filter(sequence=80).delete(), "wrong_length"),
        (lambda: AuditLine.objects.filter(sequence=75).update(subject_id="card-x"), "changed"),
        (lambda: AuditLine.objects.filter(sequence=75).update(previous_hash="ab" * 32), "changed"),
        (lambda: AuditLine.objects.filter(sequence=68).update(leaf_hash="ab" * 32), "head_differs"),
        (lambda: AuditLine.objects.filter(sequence=68).update(leaf_hash="no hash"), "head_differs"),
    ],
    ids=["old gone", "new gone", "end gone", "changed", "other link", "leaf before the head", "no hash"],
)
def test_over_a_damaged_chain_no_head_is_signed_and_the_monitor_is_told(
    tampering: Callable[[], object], code: str
) -> None:
    write(70)
    publish()
    write(10)
    assert (list(growth_findings()), audit_health().level) == ([], health.Level.GOOD)
    tampering()
    with pytest.raises(Denied) as refused:
        publish(1)
    assert refused.value.codes[0] == code
    assert PublishedHead.objects.count() == 1
    assert audit_health().level is health.Level.ERROR


def test_the_monitor_is_warned_when_no_head_goes_out_for_a_day() -> None:
    write(3)
    publish()
    assert audit_health(AT + dt.timedelta(hours=26)).level is health.Level.GOOD
    assert audit_health(AT + dt.timedelta(hours=27)).level is health.Level.WARNING


def audit_health(at: dt.datetime = AT) -> health.Point:
    return {point.name: point for point in health.points(at=at)}["audit"]


def test_a_backup_is_recognised_as_such_and_its_loss_is_acknowledged_in_the_chain() -> None:
    write(5)
    publish()
    backup = Backup()
    write(4)
    publish(1)
    backup.restore()
    assert list(audit_check.findings()) == []
    [finding] = head_findings()
    assert (finding.sequence, finding.code) == (6, "restored")
    assert "restored at line 5" in finding.sentence
    with pytest.raises(Denied):
        publish(2)
    restore = acknowledge_restore(by="console", at=AT + dt.timedelta(minutes=3))
    assert (restore.common, restore.lost) == (5, 9)
    assert found() == []
    write(7)
    assert publish(4).size == 13
    assert found() == []


def test_an_acknowledged_restore_excuses_nothing_before_and_nothing_after_it() -> None:
    write(5)
    publish()
    backup = Backup()
    write(4)
    publish(1)
    backup.restore()
    acknowledge_restore(by="console", at=AT + dt.timedelta(minutes=3))
    write(6)
    publish(4)
    cut(7)
    assert [code for _, code in found()] == ["cut_off"]
    with pytest.raises(Denied) as refused:
        publish(5)
    assert refused.value.codes == ("cut_off",)


def test_work_that_went_on_over_a_restore_shows_as_a_fork_from_the_last_common_head() -> None:
    write(5)
    publish()
    backup = Backup()
    write(4)
    publish(1)
    backup.restore()
    write(20, act="card:scrap")
    assert found() == [(6, "forked")]


def test_nothing_is_acknowledged_when_nothing_was_lost() -> None:
    write(5)
    publish()
    with pytest.raises(Denied) as refused:
        acknowledge_restore(by="console", at=AT)
    assert refused.value.codes == ("nothing_to_acknowledge",)


def test_a_head_by_another_hand_is_found() -> None:
    write(5)
    row = publish()
    PublishedHead.objects.filter(id=row.id).update(signature="30060201010201 01".replace(" ", ""))
    assert (5, "head_forged") in found()


def test_half_a_line_that_a_power_cut_left_in_the_file_counts_for_nothing() -> None:
    write(5)
    row = publish()
    with head_file().open("ab") as file:
        file.write(b'{"size": 99, "root": "ab')
    append_head(stored_head(row))
    assert [signed.head.size for signed in heads_in_file()] == [5, 5]


@pytest.mark.parametrize("sizes", [(1, 2), (63, 64), (64, 65), (130, 700), (512, 513)])
def test_proofs_come_from_cached_subtrees_and_hold(sizes: tuple[int, int]) -> None:
    first_size, second_size = sizes
    write(first_size)
    first = publish()
    write(second_size - first_size)
    second = publish(1)
    assert AuditNode.objects.filter(level=6).count() == second_size >> 6
    for _with_cache in (True, False):
        answer = get(f"/audit/consistency/{first_size}/{second_size}/")
        prove_consistency(
            first_size,
            second_size,
            [bytes.fromhex(node) for node in answer["path"]],
            first_root=bytes.fromhex(first.root_hash),
            second_root=bytes.fromhex(second.root_hash),
        )
        for sequence in {1, first_size, first_size + 1, second_size // 2, second_size} - {0}:
            told = get(f"/audit/inclusion/{sequence}/{second_size}/")
            line = AuditLine.objects.get(sequence=sequence)
            assert told["leaf"] == audit.event_of(line).leaf_hash().hex()
            path = [bytes.fromhex(node) for node in told["path"]]
            prove_inclusion(
                bytes.fromhex(told["leaf"]), sequence - 1, second_size, path, bytes.fromhex(second.root_hash)
            )
        audit_nodes.forget_nodes()


def get(path: str) -> dict[str, str | list[str]]:
    response = Client().get(path)
    assert response.status_code == 200, response.content
    answer: dict[str, str | list[str]] = response.json()
    return answer


def test_a_changed_line_has_no_proof() -> None:
    write(100)
    row = publish()
    AuditLine.objects.filter(sequence=70).update(leaf_hash="ab" * 32)
    told = get("/audit/inclusion/70/100/")
    with pytest.raises(ProofFailed):
        prove_inclusion(
            bytes.fromhex(str(told["leaf"])),
            69,
            100,
            [bytes.fromhex(node) for node in told["path"]],
            bytes.fromhex(row.root_hash),
        )


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/audit/heads/6/", "unknown_head"),
        ("/audit/heads/99999999999999999999999999/", "unknown_head"),
        ("/audit/inclusion/6/5/", "unknown_line"),
        ("/audit/inclusion/0/5/", "unknown_line"),
        ("/audit/consistency/4/5/", "unknown_head"),
    ],
)
def test_what_was_never_published_has_no_proof(path: str, code: str) -> None:
    write(5)
    publish()
    response = Client().get(path)
    assert (response.status_code, response.json()["code"]) == (404, code)


def test_missing_lines_give_no_proof_and_no_failure() -> None:
    write(100)
    publish()
    AuditNode.objects.all().delete()
    AuditLine.objects.filter(sequence=3).delete()
    assert Client().get("/audit/inclusion/70/100/").json()["code"] == "incomplete"
    assert Client().get("/audit/inclusion/3/100/").json()["code"] == "incomplete"


def test_heads_are_told_newest_first_with_their_key() -> None:
    write(3)
    publish()
    write(1)
    publish(1)
    heads = [read_head(each) for each in Client().get("/audit/heads/").json()["heads"]]
    assert [signed.head.size for signed in heads] == [4, 3]
    assert Client().get("/audit/key.pem").content.startswith(b"-----BEGIN PUBLIC KEY-----")


def test_the_commands(tmp_path: Path) -> None:
    out = io.StringIO()
    with pytest.raises(CommandError, match="no line"):
        call_command("audit", "publish")
    write(5)
    with pytest.raises(CommandError, match="No head was published"):
        call_command("audit", "export", str(tmp_path / "tree"))
    call_command("audit", "publish", stdout=out)
    call_command("audit", "verify", stdout=out)
    call_command("audit", "line", "2", stdout=out)
    call_command("audit", "export", str(tmp_path / "tree"), stdout=out)
    assert "published: 5 lines" in out.getvalue()
    assert '"sequence":2' in out.getvalue()
    head, *leaves = (tmp_path / "tree").read_text().splitlines()
    assert (json.loads(head)["size"], len(leaves)) == (5, 5)
    with pytest.raises(CommandError, match="every head"):
        call_command("audit", "acknowledge-restore", "--yes", stdout=out)
    cut(3)
    with pytest.raises(CommandError, match="damaged: 1 finding"):
        call_command("audit", "verify", stdout=out)
    assert "line 4  cut_off" in out.getvalue()
    call_command("audit", "acknowledge-restore", "--yes", stdout=out)
    call_command("audit", "verify", stdout=out)
    assert "heads of 1 to 5 lines" in out.getvalue()


def test_the_contents_leave_with_the_permission_of_two_officers_and_are_recorded_first(
    tmp_path: Path,
) -> None:
    write(5)
    file = tmp_path / "lines"
    with pytest.raises(CommandError):
        call_command("audit", "export", "--contents", str(file))
    assert not file.exists()
    proposed = Proposed("audit:export", "audit", "chain")
    proposal = propose(proposed, by=cast.officer(cast.KOBAYASHI), at=AT)
    Proposal.objects.filter(id=proposal.id).update(
        state="confirmed", decided_by=cast.account(cast.SATO), decided_at=AT
    )
    size = export_contents(file, at=AT + dt.timedelta(hours=1))
    lines = file.read_bytes().splitlines()
    assert size == len(lines) == AuditLine.objects.count()
    leaves = AuditLine.objects.order_by("sequence").values_list("leaf_hash", flat=True)
    assert [merkle.leaf_hash(line).hex() for line in lines] == list(leaves)
    assert json.loads(lines[-1])["act"] == "audit:export"
    assert file.stat().st_mode & 0o077 == 0
    call_command("audit", "publish", stdout=io.StringIO())
    with pytest.raises(CommandError, match="exists"):
        call_command("audit", "export", str(file))
