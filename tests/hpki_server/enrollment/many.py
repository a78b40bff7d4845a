"""Many applications whose cards are ordered, made quickly: where the tests of production and letters begin."""

import datetime as dt
import io
from functools import cache

from PIL import Image

from hpki_server.enrollment.models import Application, ApplicationPaper, MemberKind, Sex
from hpki_server.enrollment.queries import PAPER_PURPOSE
from hpki_server.enrollment.rules import CaseKind, Part, State
from hpki_server.enrollment.services import issuing
from hpki_server.people.models import Account
from hpki_server.people.sealing import seal
from tests import cast
from tests.hpki_server.enrollment import desk

NOON = desk.NOON


@cache
def _photo() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (350, 450), (200, 200, 200)).save(stream, "JPEG")
    return stream.getvalue()


def approved(number: int, *, association: str = "okayama", **changed: object) -> Application:
    """An application as it stands after its approval; the steps before are other tests' business."""
    prefecture = {"okayama": "33", "osaka": "27"}[association]
    applicant = Account.objects.create(
        username=f"holder{number}@example.jp",
        name=f"山田　{number}",
        kana="",
        kind=Account.Kind.APPLICANT,
        created_at=cast.EMPLOYED_AT,
    )
    facts: dict[str, object] = {
        "number": f"{prefecture}-2026-{number:06d}",
        "applicant": applicant,
        "state": State.APPROVED.value,
        "state_since": NOON,
        "submitted_at": NOON,
        "kind": CaseKind.FIRST.value,
        "entries_complete": True,
        "association": cast.organisation(association),
        "family_name": "山田",
        "given_name": "太郎",
        "family_kana": "ヤマダ",
        "given_kana": "タロウ",
        "family_romaji": "Yamada",
        "given_romaji": "Taro",
        "born_on": dt.date(1970, 1, 1),
        "sex": Sex.MALE.value,
        "registration_number": f"{300000 + number}",
        "registered_on": dt.date(1996, 5, 1),
        "member_kind": MemberKind.MEMBER.value,
        "member_id": f"33000{number:05d}",
        "postal_code": "700-8570",
        "address": "岡山県岡山市北区内山下2-4-6",
        "vetted_by": cast.account(cast.SATO),
        "approved_by": cast.account(cast.SUZUKI),
    }
    application = Application.objects.create(**facts | changed)
    ApplicationPaper.objects.create(
        application=application,
        kind=Part.PHOTO.value,
        media_type="image/jpeg",
        sealed=seal(_photo(), purpose=PAPER_PURPOSE),
        sha256="",
        uploaded_at=NOON,
    )
    return application


def ordered(count: int, *, at: dt.datetime = NOON, first: int = 1, **changed: object) -> list[Application]:
    """So many, ordered a minute apart, the lowest number first."""
    found = []
    for number in range(first, first + count):
        moment = at + dt.timedelta(minutes=number)
        application = approved(number, **changed)  # type: ignore[arg-type]  # columns by name
        by = cast.officer(cast.TANAKA, at=moment)
        found.append(issuing.order_card(application_id=application.id, by=by, at=moment))
    return found
