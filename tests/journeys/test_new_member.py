"""花子 is a member and applies for her first card: by the pages of the web, to the card in her hand, without paying."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from hpki_server.authority.models import Card
from hpki_server.enrollment.entry_forms import SECTIONS
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import State
from hpki_server.fees import queries as fees
from tests import cast
from tests.hpki_server.authority import stage
from tests.hpki_server.enrollment import desk
from tests.hpki_server.lifecycle import walking

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_place")]


def to(page: str, *more: str) -> str:
    return reverse(f"enrollment:{page}", args=[Application.objects.get().pk, *more])


def test_from_the_first_page_to_the_card_in_her_hand() -> None:
    stage.hierarchy()
    desk.offices()
    desk.registered()
    hanako = cast.signed_in(cast.HANAKO)
    assert hanako.post(reverse("enrollment:mine")).status_code == 302
    she_writes_page_by_page(hanako)
    she_hands_in_three_copies(hanako)
    answer = hanako.post(to("confirm"))
    assert answer.headers["Location"] == to("progress")
    application = Application.objects.get()
    assert application.number == f"33-{application.submitted_at:%Y}-000001"
    assert "岡山県医師会の受付" in hanako.get(to("progress")).text
    assert application.submitted_at is not None
    at = application.submitted_at
    agreed = walking.approved(application, at=at)
    assert not fees.invoices_of([agreed.number or ""]).exists()
    card = walking.fetched(walking.issued(agreed, at=at), at=at + desk.LETTERS_APART)
    assert card.state == Card.State.ACTIVE
    assert (card.family_name, card.beside_name, card.member_id) == ("渡邉", "", "3300012345")
    assert Application.objects.get().state == State.ACTIVE
    page = hanako.get(to("progress")).text
    assert card.card_id in page


def she_writes_page_by_page(hanako: Client) -> None:
    """She stops after the second page and goes on the next day where she left off."""
    typed = {**desk.TYPED, "association": str(cast.organisation("okayama").id), "face_name": "legal"}
    for section in SECTIONS[:2]:
        answer = hanako.post(
            to("entries-section", section.slug), {name: typed.get(name, "") for name in section.fields}
        )
        assert answer.status_code == 302
    assert not Application.objects.get().entries_complete
    again = cast.signed_in(cast.HANAKO).get(to("entries")).text
    assert "医籍登録番号" in again
    answers = [
        hanako.post(
            to("entries-section", section.slug), {name: typed.get(name, "") for name in section.fields}
        )
        for section in SECTIONS[2:]
    ]
    assert answers[-1].headers["Location"] == to("papers")
    assert Application.objects.get().entries_complete


def she_hands_in_three_copies(hanako: Client) -> None:
    refused = hanako.post(to("confirm"))
    assert refused.status_code == 409
    assert "顔写真がまだありません。" in refused.text
    for part, more in (
        ("photo", {}),
        ("licence", {}),
        ("identity", {"identity_kind": "driving-licence", "identity_expires_on": "2031-07-02"}),
    ):
        file = SimpleUploadedFile("copy.jpg", desk.picture())
        assert hanako.post(to("hand-in", part), {**more, "file": file}).status_code == 302
