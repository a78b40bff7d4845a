"""花子's application at every stage: where the enrollment tests begin."""

import dataclasses
import datetime as dt
import io

from PIL import Image, ImageDraw

from hpki_server.enrollment.forms import Entries, IdentityClaim
from hpki_server.enrollment.models import Application, MemberKind, Sex
from hpki_server.enrollment.rules import (
    EntryField,
    IdentityKind,
    Letter,
    OriginalsSeen,
    PapersJudged,
    Part,
    PickupShown,
    Posted,
    ShownNumber,
)
from hpki_server.enrollment.services import applying, deciding, issuing, posting
from hpki_server.enrollment.services.offices import OfficeLines, write_office_address
from hpki_server.enrollment.services.record import day_of
from hpki_server.registry.indexing import index_entry
from hpki_server.registry.models import RegistryEntry
from tests import cast
from tests.hpki_server.authority import stage

NOON = cast.NOON
TODAY = dt.date(2026, 11, 4)
LICENCE_UNTIL = dt.date(2029, 7, 2)
# Between the two letters; see enrollment/data/letter-terms.csv.
LETTERS_APART = dt.timedelta(days=2)
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
# What lies on the desk; a hash stands for the number 3012 3456 7890.
LICENCE_NUMBER = "3012 3456 7890"
NUMBER = ShownNumber("a1" * 32)
ORIGINALS = OriginalsSeen(
    residence_record=True,
    identity_kind=IdentityKind.DRIVING_LICENCE,
    identity_expires_on=LICENCE_UNTIL,
    number=NUMBER,
    met_applicant=True,
)
ALL_FIT = PapersJudged(
    photo_fits=True,
    licence_fits=True,
    identity_fits=True,
    others_fit=frozenset(Part),
    fields=frozenset(EntryField),
)
SHOWN = PickupShown(
    in_person=True,
    postcard=True,
    identity_kind=IdentityKind.DRIVING_LICENCE,
    identity_expires_on=LICENCE_UNTIL,
    number=NUMBER,
    old_card=True,
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


def pdf_sheet() -> bytes:
    """A scanned page as PDF, with a second page."""
    stream = io.BytesIO()
    sheet = Image.new("RGB", (620, 877), "white")
    ImageDraw.Draw(sheet).rectangle((80, 80, 540, 400), fill=(30, 40, 70))
    sheet.save(stream, "PDF", save_all=True, append_images=[Image.new("RGB", (620, 877), "white")])
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
        phone="086-224-2111",
        association_id=cast.organisation("okayama").id,
    )
    return dataclasses.replace(written, **changed)  # type: ignore[arg-type]  # fields by name


def draft(role: cast.Role = cast.HANAKO, *, at: dt.datetime = NOON, **changed: object) -> Application:
    """Everything handed in, not yet submitted."""
    by = cast.account(role)
    number = applying.start_application(by=by, at=at).id
    applying.write_entries(application_id=number, typed=TYPED, entries=entries(**changed), by=by, at=at)
    applying.hand_in_photo(application_id=number, content=picture(), by=by, at=at)
    applying.hand_in_licence(application_id=number, content=picture((1200, 900)), by=by, at=at)
    applying.hand_in_identity(
        application_id=number,
        content=picture((900, 600)),
        identity=IdentityClaim(IdentityKind.DRIVING_LICENCE, LICENCE_UNTIL),
        by=by,
        at=at,
    )
    return Application.objects.get(id=number)


def submitted(role: cast.Role = cast.HANAKO, *, at: dt.datetime = NOON, **changed: object) -> Application:
    application = draft(role, at=at, **changed)
    return applying.submit_application(application_id=application.id, by=cast.account(role), at=at)


def taken_in(role: cast.Role = cast.HANAKO, *, at: dt.datetime = NOON, **changed: object) -> Application:
    application = submitted(role, at=at, **changed)
    clerk = cast.officer(cast.TAKAHASHI, at=at)
    return deciding.take_in(application_id=application.id, originals=ORIGINALS, by=clerk, at=at)


def registered(**changed: object) -> RegistryEntry:
    """花子 in the registry, as on her licence."""
    facts: dict[str, object] = {
        "qualification": "physician",
        "number": "470123",
        "family_name": "渡邉",
        "given_name": "花子",
        "born_on": dt.date(1984, 5, 17),
        "registered_on": dt.date(2010, 4, 20),
        "imported_at": cast.EMPLOYED_AT,
        "changed_at": cast.EMPLOYED_AT,
    } | changed
    entry = RegistryEntry.objects.create(**facts)
    index_entry(entry)
    return entry


def vetted(*, at: dt.datetime = NOON) -> Application:
    registered()
    application = taken_in(at=at)
    officer = cast.officer(cast.SATO, at=at)
    return deciding.record_vetting(application_id=application.id, papers=ALL_FIT, by=officer, at=at)


def approved(*, at: dt.datetime = NOON) -> Application:
    application = vetted(at=at)
    officer = cast.officer(cast.SUZUKI, at=at)
    return deciding.approve_application(application_id=application.id, by=officer, at=at)


def offices() -> None:
    """Where letters come from and where cards are fetched."""
    lines = {
        "centre": OfficeLines("113-8621", "東京都文京区本駒込2-28-16", "03-3946-2121"),
        "okayama": OfficeLines("700-0024", "岡山県岡山市北区駅元町19-2", "086-250-5111"),
    }
    for key, address in lines.items():
        write_office_address(
            organisation_id=cast.organisation(key).id, address=address, by="system", at=cast.EMPLOYED_AT
        )


def ordered(*, at: dt.datetime = NOON) -> Application:
    """The card is ordered, and everything that issuing needs is there."""
    stage.hierarchy()
    offices()
    application = approved(at=at)
    return issuing.order_card(application_id=application.id, by=cast.officer(cast.TANAKA, at=at), at=at)


def notified(*, at: dt.datetime = NOON) -> Application:
    """The card waits at the association; the letters were printed on days of their own."""
    earlier = at - LETTERS_APART
    application = ordered(at=earlier)
    tanaka = cast.officer(cast.TANAKA, at=earlier)
    issuing.issue_card(application_id=application.id, by=tanaka, at=earlier)
    issuing.print_pin_letter(application_id=application.id, by=tanaka, at=earlier)
    tanaka = cast.officer(cast.TANAKA, at=at)
    issuing.print_postcard(application_id=application.id, by=tanaka, at=at)
    post_both(application, earlier, at)
    return issuing.record_notified(application_id=application.id, by=tanaka, at=at)


def post(letter: Letter, *applications: Application, at: dt.datetime) -> int:
    """Into the letter box on that day."""
    pile = posting.Pile(Posted(letter, day_of(at)), frozenset(one.id for one in applications))
    return posting.record_posted(pile, by=cast.officer(cast.TANAKA, at=at), at=at)


def post_both(application: Application, earlier: dt.datetime, later: dt.datetime) -> None:
    """The PIN letter, and days after it the postcard."""
    post(Letter.PIN_LETTER, application, at=earlier)
    post(Letter.POSTCARD, application, at=later)
