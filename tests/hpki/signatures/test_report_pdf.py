"""The report on paper, and what a visible signature shows."""

import hashlib
import io

import pytest
from pypdf import PdfReader

from hpki.signatures.indication import SubIndication
from hpki.signatures.judge import judge_document
from hpki.signatures.pdf.appearance import Appearance
from hpki.signatures.pdf.making import PdfWishes, sign_pdf
from hpki.signatures.pdf.reader import read_pdf_signatures
from hpki.signatures.report_pdf import report_pdf, signature_picture
from hpki.signatures.wording_advice import ADVICE, changes_words
from tests import signing_scene
from tests.signed_pdfs import letter
from tests.signing_scene import CLAIMS, DAY, SIGNED_AT

SCENE = signing_scene.scene()


def text_of(pdf: bytes) -> str:
    return "".join("".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages)


def reported(content: bytes, lang: str) -> str:
    at = SIGNED_AT + DAY
    report = judge_document(
        read_pdf_signatures(content), SCENE.evidence(at), signing_scene.POLICY, SCENE.anchors, at
    )
    return text_of(report_pdf(report, name="紹介状.pdf", sha256=hashlib.sha256(content).digest(), lang=lang))


def test_a_good_signature_is_told_with_its_qualification() -> None:
    text = reported(sign_pdf(letter(), SCENE.unit(), CLAIMS), "ja")
    for words in (
        "署名検証結果報告書",
        "すべての署名が有効です",
        "医師",
        "紹介状.pdf",
        "合格",
        "回目に保存されたときの文書全体",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("lang", "words", "advice"),
    [
        ("ja", "有効でない署名があります", "この文書は使わないでください"),
        ("en", "signaturethatisnotgood", "Donotusethisdocument"),
    ],
)
def test_a_broken_one_is_told_in_both_languages(lang: str, words: str, advice: str) -> None:
    content = sign_pdf(letter(), SCENE.unit(), CLAIMS).replace(b"/Producer", b"/Produzer", 1)
    text = reported(content, lang)
    assert words in text
    assert advice in text


def test_what_a_hostile_document_says_stays_text() -> None:
    content = sign_pdf(letter(), SCENE.unit(), CLAIMS, wishes=PdfWishes(field='#panic("x") <b> $x$'))
    assert "#panic" in reported(content, "en")


def test_a_visible_signature_names_the_physician_and_the_day_in_both_calendars() -> None:
    picture = signature_picture(
        SCENE.certificate("hanako"), signed_at=SIGNED_AT, width=220, height=60, name="渡邉　花子"
    )
    text = text_of(picture)
    for words in ("医師", "渡邉", "令和8年11月4日", "2026-11-04"):
        assert words in text
    wishes = PdfWishes(appearance=Appearance(picture, (320, 40, 540, 100)))
    signed = sign_pdf(letter(), SCENE.unit(), CLAIMS, wishes=wishes)
    at = SIGNED_AT + DAY
    found = judge_document(
        read_pdf_signatures(signed), SCENE.evidence(at), signing_scene.POLICY, SCENE.anchors, at
    )
    assert found.indication == "TOTAL_PASSED"


def test_every_reason_says_what_to_do_and_no_reader_is_told_of_a_change_that_nobody_found() -> None:
    assert set(ADVICE) == set(SubIndication)
    unproven = changes_words({"no_signing_certificate"}, is_intact=False).ja
    assert unproven == "変わっていないことを確かめられません"
    assert changes_words({"digest_broken"}, is_intact=False).ja == "署名された内容が変わっています"
    assert "手元にない" in changes_words({"not_at_hand"}, is_intact=True).ja
    assert changes_words({"pdf_changed_since", "pdf_filled_since"}, is_intact=True).ja.endswith(
        "変更が加えられています"
    )
    assert changes_words({"healed"}, is_intact=True).en == "Unchanged since it was signed"
