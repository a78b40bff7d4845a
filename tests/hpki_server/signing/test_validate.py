"""Anyone has a signed document judged: on the page, and by a program."""

import datetime as dt
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from hpki.signatures.cms.making import sign_cms
from hpki.signatures.content import OctetContent
from hpki.signatures.pdf.making import sign_pdf
from hpki_server.authority.models import Issuer
from hpki_server.signing import limits, ports
from hpki_server.signing.models import ValidationRun
from hpki_server.signing.services.judging import Asked, forget_reports, judge_and_keep, judged
from tests import signing_scene
from tests.evidence_records import Archive
from tests.hpki_server.signing.insisting import until_refused
from tests.signed_pdfs import MEDDLING, letter, meddled
from tests.signing_scene import CLAIMS, DAY, SIGNED_AT

pytestmark = pytest.mark.django_db
SCENE = signing_scene.scene()
SIGNED = sign_pdf(letter(), SCENE.unit(), CLAIMS)


@pytest.fixture(autouse=True)
def _fresh_counts() -> None:
    limits.COUNTS.forget()


@pytest.fixture
def trusted(settings: Any, tmp_path: Any) -> None:
    """The operator has put a root beside the server's own."""
    folder = tmp_path / "trust"
    folder.mkdir()
    for number, anchor in enumerate(SCENE.anchors):
        (folder / f"{number}.der").write_bytes(anchor.certificate.der)
    settings.VAR = tmp_path


def upload(octets: bytes, name: str = "紹介状.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, octets)


def test_a_document_is_judged_and_its_report_told_in_plain_words(client: Client, trusted: None) -> None:
    answer = client.post(
        "/validate/", {"document": upload(SIGNED), "policy": "hpki-signing-test"}, follow=True
    )
    page = answer.content.decode()
    assert answer.status_code == 200
    # No list of revoked certificates is at hand for this hierarchy, and the page says what follows from that.
    for words in (
        "検証の結果",
        "判定できません",
        "もう一度検証してください",
        "医師",
        "テスト用の証明書",
        "所見",
    ):
        assert words in page
    assert ValidationRun.objects.count() == 1


@pytest.mark.parametrize(("form", "begins"), [("pdf", b"%PDF"), ("xml", b"<?xml"), ("json", b"{")])
def test_the_report_is_taken_along_as_a_file(client: Client, form: str, begins: bytes) -> None:
    client.post("/validate/", {"document": upload(SIGNED), "policy": "hpki-signing-test"})
    run = ValidationRun.objects.get()
    answer = client.get(f"/validate/{run.id}/report.{form}")
    assert answer.content.startswith(begins)
    assert answer["Cache-Control"] == "no-store, private"
    assert "attachment" in answer["Content-Disposition"]


def test_a_report_is_gone_after_an_hour(client: Client) -> None:
    run = judge_and_keep(Asked("a.pdf", SIGNED), at=dt.datetime(2026, 11, 4, tzinfo=dt.UTC), lang="ja")
    assert client.get(f"/validate/{run.id}/").status_code == 404
    assert "もうありません" in client.get(f"/validate/{run.id}/").content.decode()
    assert client.get(f"/validate/{run.id}/report.pdf").status_code == 404
    assert forget_reports(at=run.expires_at) == 1
    assert not ValidationRun.objects.exists()


def test_without_lists_the_judge_says_that_they_are_missing(trusted: None) -> None:
    found = judged(Asked("a.pdf", SIGNED, policy="hpki-signing-test"), at=SIGNED_AT + DAY)
    assert found.signatures[0].is_intact
    assert found.sub_indication == "TRY_LATER"


def test_a_change_after_the_signature_is_not_called_unchanged(client: Client, trusted: None) -> None:
    changed = meddled(SIGNED, MEDDLING["another text"])
    data = {"document": upload(changed), "policy": "hpki-signing-test"}
    shown = client.post("/validate/", data, follow=True).content.decode()
    assert "署名のあとに、変更が加えられています" in shown
    assert "署名されたときから変わっていません</dd>" not in shown


def test_what_is_no_signed_document_has_a_report_that_says_so(client: Client) -> None:
    answer = client.post("/validate/", {"document": upload(b"hello"), "policy": "hpki-signing"}, follow=True)
    assert "有効でない署名です" in answer.content.decode()


def test_a_file_beside_a_detached_signature_is_found_by_its_name(client: Client) -> None:
    message = sign_cms(OctetContent(b"the letter"), SCENE.unit(), CLAIMS)
    data = {
        "document": upload(message, "letter.p7s"),
        "beside": [upload(b"the letter", "letter.txt")],
        "policy": "hpki-signing-test",
    }
    client.post("/validate/", data)
    [signature] = ValidationRun.objects.get().report["signatures"]
    assert signature["intact"] is True


def test_twenty_files_beside_a_signature_are_taken_and_one_more_is_told_in_words(client: Client) -> None:
    def ask(count: int) -> Any:
        beside = [upload(b"x", f"{number}.txt") for number in range(count)]
        return client.post(
            "/validate/", {"document": upload(SIGNED), "beside": beside, "policy": "hpki-signing"}
        )

    assert ask(20).status_code == 302
    refused = ask(21)
    assert (refused.status_code, "20 個まで" in refused.content.decode()) == (422, True)


def record_of(octets: bytes) -> bytes:
    made = Archive([octets])
    made.begin(SCENE.authority())
    return made.octets()


def test_an_evidence_record_beside_the_document_is_judged_with_it(client: Client, trusted: None) -> None:
    for kept, is_whole in ((SIGNED, True), (b"another document", False)):
        data = {"document": upload(SIGNED), "record": [upload(record_of(kept), "letter.ers")]}
        client.post("/validate/", {**data, "policy": "hpki-signing-test"})
        [stamp] = ValidationRun.objects.get().report["time_stamps"]
        assert (stamp["place"].startswith("letter.ers"), stamp["kind"]) == (True, "archive")
        assert ("record_object" in {found["code"] for found in stamp["findings"]}) is not is_whole
        [again] = asked(client, record=upload(record_of(kept), "letter.ers")).json()["time_stamps"]
        assert again["place"] == stamp["place"]
        ValidationRun.objects.all().delete()


def test_too_many_evidence_records_are_refused_beside_their_field(client: Client) -> None:
    records = [upload(b"x", f"{number}.ers") for number in range(limits.RECORDS + 1)]
    data = {"document": upload(SIGNED), "record": records, "policy": "hpki-signing"}
    answer = client.post("/validate/", data)
    assert answer.status_code == 422
    assert "証拠記録は 16 個まで" in answer.content.decode()
    refused = client.post("/api/signing/validate", data)
    assert (refused.status_code, refused.json()["code"]) == (422, "records_unfit")
    assert limits.are_records_unfit([limits.RECORD_OCTETS + 1])


def test_nothing_chosen_is_told_beside_the_field(client: Client) -> None:
    answer = client.post("/validate/", {"policy": "hpki-signing"})
    assert answer.status_code == 422
    assert "文書を選んでください。" in answer.content.decode()


def test_whoever_asks_too_often_is_asked_to_wait(client: Client) -> None:
    answer = until_refused(lambda: client.post("/validate/", {"policy": "hpki-signing"}), limits.PAGE.most)
    assert "1 分ほど待ってから" in answer.content.decode()


def test_behind_our_front_server_each_asker_has_a_share_of_their_own(client: Client) -> None:
    def ask(address: str) -> Any:
        return client.post("/validate/", {"policy": "hpki-signing"}, headers={"X-Forwarded-For": address})

    until_refused(lambda: ask("192.0.2.7"), limits.PAGE.most)
    assert ask("192.0.2.8").status_code == 422


# --- machines ---------------------------------------------------------------------------------------------------


def asked(client: Client, **more: Any) -> Any:
    return client.post("/api/signing/validate", {"document": upload(SIGNED), **more})


def test_a_program_gets_the_same_report_as_json(client: Client, trusted: None) -> None:
    answer = asked(client, policy="hpki-signing-test")
    assert answer.status_code == 200, answer.content
    report = answer.json()
    [signature] = report["signatures"]
    assert (signature["format"], signature["level"], signature["intact"]) == ("PAdES", "B", True)
    assert signature["qualifications"][0]["code"] == "physician"
    assert not ValidationRun.objects.exists()


def test_a_program_gets_it_as_etsi_xml_too(client: Client) -> None:
    answer = asked(client, answer="xml")
    assert answer["Content-Type"] == "application/xml"
    assert b"ValidationReport" in answer.content


def test_a_program_that_asks_too_often_gets_a_code(client: Client) -> None:
    question = {"policy": "hpki-signing"}
    answer = until_refused(
        lambda: client.post("/api/signing/validate", {"document": upload(b"x"), **question}),
        limits.MACHINE.most,
    )
    assert answer.json()["code"] == "too_often"


def test_an_unknown_policy_is_refused(client: Client) -> None:
    assert asked(client, policy="anything").status_code == 422


def test_the_description_names_every_field(client: Client) -> None:
    described = json.loads(client.get("/api/signing/openapi.json").content)
    answer = described["components"]["schemas"]["SignatureAnswer"]["properties"]
    assert {"indication", "sub_indication", "format", "level", "intact", "signer", "qualifications"} <= set(
        answer
    )
    body = described["paths"]["/api/signing/validate"]["post"]["requestBody"]["content"]
    assert "record" in str(body["multipart/form-data"])


def test_our_own_roots_are_anchors(db: None) -> None:
    assert len(ports.trust_anchors()) == Issuer.objects.filter(parent=None).count()
