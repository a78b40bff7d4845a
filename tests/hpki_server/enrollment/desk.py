"""花子's application at every stage: where the enrollment tests begin."""

import dataclasses
import datetime as dt
import io

from PIL import Image, ImageDraw

from hpki_server.enrollment.forms import Entries, IdentityClaim
from hpki_server.enrollment.models import Application, MemberKind, Sex
from hpki_server.enrollment.rules import IdentityKind, OriginalsSeen, PapersJudged, PickupShown
from hpki_server.enrollment.services import applying, deciding
from tests import cast

NOON = cast.NOON
TODAY = dt.date(2026, 11, 4)
LICENCE_UNTIL = dt.date(2029, 7, 2)
TYPED = {
    "family_name": "渡邉",
    "given_name": "花子",
    "family_kana": "わたなべ",
    "given_kana": "ﾊﾅｺ",
    "family_romaji": "Watanabe",
    "given_romaji": "Hanako",
    "born_on": "昭和59年5月17日",
    "sex": "female",
    "registration_number": "４７０１２３",
    "registered_on": "平成22年4月20日",
    "member_kind": "member",
    "member_id": "3300012345",
    "postal_code": "700-8570",
    "address": "岡山県岡山市北区内山下2-4-6",
    "phone": "086-224-2111",
}
ORIGINALS = OriginalsSeen(
    residence_record=True,
    identity_kind=IdentityKind.DRIVING_LICENCE,
    identity_expires_on=LICENCE_UNTIL,
)
ALL_FIT = PapersJudged(photo_fits=True, licence_fits=True, identity_fits=True)
SHOWN = PickupShown(
    in_person=True,
    postcard=True,
    identity_kind=IdentityKind.DRIVING_LICENCE,
    identity_expires_on=LICENCE_UNTIL,
)


def picture(size: tuple[int, int] = (700, 900), *, light: int = 230, image_format: str = "JPEG") -> bytes:
    """A stand-in for a portrait: a face-coloured oval before a wall of the given lightness."""
    image = Image.new("RGB", size, (light, light, light))
    draw = ImageDraw.Draw(image)
    width, height = size
    skin = tuple(int(part * light / 230) for part in (214, 170, 140))
    draw.ellipse((width * 0.25, height * 0.15, width * 0.75, height * 0.65), fill=skin)
    draw.rectangle((width * 0.1, height * 0.72, width * 0.9, height), fill=(30, 40, 70))
    stream = io.BytesIO()
    image.save(stream, image_format)
    return stream.getvalue()


def entries(**changed: object) -> Entries:
    written = Entries(
        family_name="渡邉",
        given_name="花子",
        family_kana="ワタナベ",
        given_kana="ハナコ",
        family_romaji="Watanabe",
        given_romaji="Hanako",
        born_on=dt.date(1984, 5, 17),
        sex=Sex.FEMALE,
        registration_number="470123",
        registered_on=dt.date(2010, 4, 20),
        member_kind=MemberKind.MEMBER,
        member_id="3300012345",
        postal_code="700-8570",
        address="岡山県岡山市北区内山下2-4-6",
        phone="0862242111",
        association_id=cast.organisation("okayama").id,
    )
    return dataclasses.replace(written, **changed)  # type: ignore[arg-type]  # fields by name


def draft(role: cast.Role = cast.HANAKO, *, at: dt.datetime = NOON, **changed: object) -> Application:
    """Everything handed in, not yet submitted."""
    by = cast.account(role)
    application = applying.start_application(by=by, at=at)
    asked = {"application_id": application.id, "by": by, "at": at}
    applying.write_entries(typed=TYPED, entries=entries(**changed), **asked)
    applying.hand_in_photo(content=picture(), **asked)
    applying.hand_in_licence(content=picture((1200, 900)), **asked)
    claim = IdentityClaim(IdentityKind.DRIVING_LICENCE, LICENCE_UNTIL)
    applying.hand_in_identity(content=picture((900, 600)), identity=claim, **asked)
    application.refresh_from_db()
    return application


def submitted(role: cast.Role = cast.HANAKO, *, at: dt.datetime = NOON, **changed: object) -> Application:
    application = draft(role, at=at, **changed)
    return applying.submit_application(application_id=application.id, by=cast.account(role), at=at)


def taken_in(role: cast.Role = cast.HANAKO, *, at: dt.datetime = NOON, **changed: object) -> Application:
    application = submitted(role, at=at, **changed)
    clerk = cast.officer(cast.TAKAHASHI, at=at)
    return deciding.take_in(application_id=application.id, originals=ORIGINALS, by=clerk, at=at)
