"""A clerk is told where Latin letters and kana disagree; nobody is refused for it."""

import pytest
from django.urls import reverse

from hpki_server.enrollment.services import deciding
from tests import cast
from tests.hpki_server.enrollment import desk

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("typed", "hinted"), [("Watanabe", False), ("Watabe", True)])
def test_desk_and_examiner_see_the_hint_and_go_on(typed: str, *, hinted: bool) -> None:
    application = desk.submitted(family_romaji=typed)
    page = cast.signed_in(cast.TAKAHASHI).get(reverse("enrollment:take-in", args=[application.id])).text
    assert ("ローマ字とカナの読みが違うようです" in page) is hinted
    desk.registered()
    taken = deciding.take_in(
        application_id=application.id,
        originals=desk.ORIGINALS,
        by=cast.officer(cast.TAKAHASHI),
        at=desk.NOON,
    )
    page = cast.signed_in(cast.SATO).get(reverse("enrollment:vet", args=[taken.id])).text
    assert ("ワタナベ ／ Watabe（ふつうの綴りは Watanabe）" in page) is hinted
    sato = cast.officer(cast.SATO)
    vetted = deciding.record_vetting(application_id=taken.id, papers=desk.ALL_FIT, by=sato, at=desk.NOON)
    assert vetted.state == "vetted"
