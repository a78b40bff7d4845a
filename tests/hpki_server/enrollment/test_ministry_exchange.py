"""Requests to the ministry go out as files that can be held to their checksum, and what comes back is taken in once."""

import csv
import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from hpki_server.enrollment.services import asking
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from hpki_server.registry.exchange_files import Encoding, batch_file
from hpki_server.registry.models import MatchBatch, MatchRequest
from hpki_server.registry.queries import ministry_answers
from hpki_server.registry.services import Outcome, exchange
from tests import cast
from tests.hpki_server.enrollment import desk, matching

pytestmark = pytest.mark.django_db
RECEIPT = "照会番号,件数,検査値,受領番号\n"
ANSWERS = "照会番号,行,受付番号,回答,備考\n"


def file_of(batch: MatchBatch, encoding: Encoding = Encoding.UTF8) -> list[list[str]]:
    content, _missing = batch_file([exchange.row_of(one) for one in batch.requests.all()], encoding)
    return list(csv.reader(io.StringIO(content.decode(encoding.value))))


def answers(text: str) -> exchange.ReplyReport:
    stream = io.BytesIO(text.encode())
    return exchange.import_answers(stream, by=cast.officer(cast.NAKAMURA), at=desk.NOON)


def receipt(text: str) -> exchange.ReplyReport:
    stream = io.BytesIO(text.encode())
    return exchange.record_acknowledgement(stream, by=cast.officer(cast.NAKAMURA), at=desk.NOON)


def test_a_batch_has_a_number_its_rows_and_an_end_with_count_and_checksum() -> None:
    batch = matching.asked()
    heading, row, end = file_of(batch)
    assert heading[:3] == ["照会番号", "行", "受付番号"]
    [request] = MatchRequest.objects.all()
    assert row[:9] == [
        "1",
        "1",
        request.reference,
        "医師",
        "470123",
        "2010-04-20",
        "渡邉",
        "花子",
        "1984-05-17",
    ]
    assert row[9] == "U+6E21 U+9089 U+82B1 U+5B50"
    assert end == ["END", "1", "1", batch.checksum]
    assert AuditLine.objects.get(act="registry:ask-ministry").facts()["requests"] == 1


def test_the_same_claim_is_asked_once() -> None:
    matching.asked()
    with pytest.raises(Denied, match="nothing_to_ask"):
        asking.ask_ministry(by=cast.officer(cast.NAKAMURA), at=desk.NOON)


def test_what_matches_or_is_decided_is_not_asked() -> None:
    application = matching.differing()
    assert len(asking.open_requests()) == 1
    matching.confirmed(application)
    assert asking.open_requests() == []


def test_cp932_says_which_glyphs_it_lacks_and_the_checksum_stays() -> None:
    desk.registered(family_name="渡辺")
    desk.taken_in(family_name="渡邉\U000e0101𠮷")
    batch = asking.ask_ministry(by="system", at=desk.NOON)
    rows = [exchange.row_of(one) for one in batch.requests.all()]
    content, missing = batch_file(rows, Encoding.CP932)
    assert [(one.line, one.code_points) for one in missing] == [(1, "U+9089 U+E0101"), (1, "U+20BB7")]
    _heading, row, end = list(csv.reader(io.StringIO(content.decode("cp932"))))
    assert row[6] == "渡〓〓"
    assert row[9].startswith("U+6E21 U+9089+U+E0101 U+20BB7")
    assert end[3] == batch.checksum


def test_an_acknowledgement_has_to_fit_and_counts_once() -> None:
    batch = matching.asked()
    good = f"{RECEIPT}1,1,{batch.checksum},MHLW-77\n"
    assert receipt(good).counts[Outcome.IMPORTED] == 1
    batch.refresh_from_db()
    assert (batch.acknowledged_at, batch.receipt) == (desk.NOON, "MHLW-77")
    assert receipt(good).counts[Outcome.UNCHANGED] == 1
    bad = receipt(f"{RECEIPT}1,2,{batch.checksum},X\n9,1,x,X\n1,1,{'0' * 64},X\nabc,1,x,X\n")
    assert [row.line for row in bad.rows] == [2, 3, 4, 5]
    assert bad.counts[Outcome.REFUSED] == 4


def test_answers_are_taken_in_once_corrected_and_refused_row_by_row() -> None:
    matching.asked()
    reference = MatchRequest.objects.get().reference
    good = f"{ANSWERS}1,1,{reference},相違,登録は渡辺\n"
    assert answers(good).counts[Outcome.IMPORTED] == 1
    assert answers(good).counts[Outcome.UNCHANGED] == 1
    assert answers(good.replace("相違", "一致")).counts[Outcome.CHANGED] == 1
    [request] = ministry_answers(reference)
    assert (request.answer, request.answer_note) == ("agrees", "登録は渡辺")
    report = answers(
        f"{ANSWERS}1,1,{reference},たぶん,\n1,2,{reference},一致,\n1,1,33-1,一致,\n7,1,x,一致,\n1,x,x\n"
    )
    assert report.counts[Outcome.REFUSED] == 5
    assert all(row.reasons for row in report.rows)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"a,b\n", "columns_missing"),
        (b"\x81\xff\n", "unknown_encoding"),
        ((ANSWERS + '1,"1').encode(), "not_csv"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(content: bytes, code: str) -> None:
    with pytest.raises(Denied) as denied:
        exchange.import_answers(io.BytesIO(content), by="system", at=desk.NOON)
    assert denied.value.codes == (code,)


def test_only_those_who_keep_the_registry_exchange() -> None:
    matching.differing()
    sato = cast.officer(cast.SATO)
    for act in (
        lambda: asking.ask_ministry(by=sato, at=desk.NOON),
        lambda: exchange.import_answers(io.BytesIO(b""), by=sato, at=desk.NOON),
        lambda: exchange.record_acknowledgement(io.BytesIO(b""), by=sato, at=desk.NOON),
    ):
        with pytest.raises(Denied, match="duty_missing"):
            act()


def test_the_page_makes_a_batch_hands_out_its_files_and_takes_answers() -> None:
    application = matching.differing()
    client = cast.signed_in(cast.NAKAMURA)
    assert "照会していない申請が <b>1</b> 件" in client.get("/exchange/").text
    assert "照会 1 を作りました" in client.post("/exchange/ask/", follow=True).text
    assert client.get("/exchange/1/utf-8-sig.csv").content.startswith(b"\xef\xbb\xbf")
    assert client.get("/exchange/1/cp932.csv").status_code == 200
    assert client.get("/exchange/1/latin-1.csv").status_code == 404
    assert client.get("/exchange/2/cp932.csv").status_code == 404
    assert "受付番号" in client.get("/exchange/1/glyphs.csv").text
    file = SimpleUploadedFile(
        "answers.csv", f"{ANSWERS}1,1,{application.number},一致,\n9,1,x,一致,\n".encode()
    )
    page = client.post("/exchange/", {"kind": "answers", "file": file}).text
    assert "新しく取り込み <b>1</b>" in page
    assert "3 行目" in page
    assert "1 / 1" in page
    broken = SimpleUploadedFile("receipt.csv", b"a,b\n")
    refused = client.post("/exchange/", {"kind": "receipt", "file": broken})
    assert refused.status_code == 422
    assert "照会 1" in cast.signed_in(cast.SATO).get(f"/cases/{application.id}/match/").text


def test_the_commands_do_the_same(tmp_path: Path) -> None:
    matching.differing()
    sent, again, back, out = tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "c.csv", io.StringIO()
    call_command("match_exchange", "ask", str(sent), stdout=out)
    assert "batch 1  requests 1" in out.getvalue()
    call_command("match_exchange", "again", str(again), "--batch", "1", stdout=out)
    assert sent.read_bytes() == again.read_bytes()
    batch = MatchBatch.objects.get()
    back.write_text(f"{RECEIPT}1,1,{batch.checksum},R-1\n", encoding="utf-8")
    call_command("match_exchange", "acknowledge", str(back), stdout=out)
    back.write_text(f"{ANSWERS}1,9,x,一致,\n", encoding="utf-8")
    with pytest.raises(CommandError, match="1 rows were refused"):
        call_command("match_exchange", "answers", str(back), stdout=out)
    for words in (
        ("ask", str(sent)),
        ("again", str(sent), "--batch", "9"),
        ("answers", str(tmp_path / "no")),
    ):
        with pytest.raises(CommandError):
            call_command("match_exchange", *words, stdout=out)
