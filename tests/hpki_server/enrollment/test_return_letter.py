"""不備返送: one click to a letter, one to a mail; only the missing part is asked for."""

import io
from urllib.parse import unquote

import pytest
from django.urls import reverse
from pypdf import PdfReader

from hpki_server.enrollment.documents.return_letter import return_letter, return_mail
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.return_notice import notice_of
from hpki_server.enrollment.rules import ReturnReason
from hpki_server.enrollment.services import deciding
from tests import cast
from tests.hpki_server.enrollment import desk
from tests.hpki_server.enrollment.desk import NOON

pytestmark = pytest.mark.django_db


def returned(*reasons: ReturnReason, note: str = "") -> Application:
    desk.offices()
    return deciding.return_application(
        application_id=desk.taken_in().id,
        reasons=frozenset(reasons),
        note=note,
        by=cast.officer(cast.SATO),
        at=NOON,
    )


def test_the_letter_names_the_reason_and_the_part_and_nothing_that_may_stay() -> None:
    application = returned(ReturnReason.PHOTO_UNCLEAR, note="明るい場所で撮影してください。")
    pdf = return_letter(notice_of(application, at=NOON))
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    assert "顔写真が不鮮明です" in text
    assert "明るい場所で撮影してください" in text
    assert "渡邉" in text
    assert "33-2026-000001" in text
    assert "医師免許証の写し" not in text


def test_an_original_that_was_missing_is_brought_and_nothing_is_exchanged() -> None:
    facts = notice_of(returned(ReturnReason.RESIDENCE_RECORD_MISSING), at=NOON)
    assert (facts.parts, facts.originals) == ((), ("住民票の写し（原本）",))
    # Nothing goes on before it was sent again.
    assert "「送信へ進む」からもう一度" in return_mail(facts)[1]
    assert "住民票の写し（原本）をお持ちのうえ、岡山県医師会の窓口へもう一度" in return_mail(facts)[1]


def test_a_copy_and_an_original_are_asked_for_beside_each_other() -> None:
    application = returned(ReturnReason.LICENCE_UNREADABLE, ReturnReason.RESIDENCE_RECORD_MISSING)
    pages = PdfReader(io.BytesIO(return_letter(notice_of(application, at=NOON)))).pages
    text = "".join(page.extract_text() for page in pages).replace(" ", "").replace("\n", "")
    assert len(pages) == 1
    assert "差し替えるもの・医師免許証の写し" in text
    assert "窓口へお持ちいただくもの・住民票の写し（原本）" in text


def test_the_mail_travels_open_and_names_nobody() -> None:
    facts = notice_of(returned(ReturnReason.PHOTO_UNCLEAR, note="渡邉様の写真"), at=NOON)
    subject, text = return_mail(facts)
    assert "33-2026-000001" in subject
    assert "渡邉" not in subject + text
    assert "顔写真" in text


def test_the_list_has_letter_and_mail_a_click_away() -> None:
    application = returned(ReturnReason.PHOTO_UNCLEAR)
    Application.objects.filter(id=application.id).update(email="hanako@example.jp")
    sato = cast.signed_in(cast.SATO)
    page = sato.get(reverse("enrollment:returned")).content.decode()
    assert "mailto:hanako%40example.jp?subject=" in page
    assert "33-2026-000001" in unquote(page)
    answer = sato.get(reverse("enrollment:return-letter", args=[application.id]))
    assert answer.content.startswith(b"%PDF-")
    assert (
        cast.signed_in(cast.OSAKA_CLERK)
        .get(reverse("enrollment:return-letter", args=[application.id]))
        .status_code
        == 404
    )


def test_without_the_offices_address_the_page_says_so() -> None:
    application = returned(ReturnReason.PHOTO_UNCLEAR)
    cast.organisation("centre").office.delete()
    answer = cast.signed_in(cast.SATO).get(reverse("enrollment:return-letter", args=[application.id]))
    assert answer.status_code == 409
    assert "住所が登録されていません" in answer.content.decode()


def test_the_button_for_the_photo_alone_has_its_reason_ticked() -> None:
    application = desk.taken_in()
    page = cast.signed_in(cast.SATO).get(
        reverse("enrollment:return", args=[application.id]), {"reason": "photo-unclear"}
    )
    assert page.context["form"].initial == {"reasons": ["photo-unclear"]}
