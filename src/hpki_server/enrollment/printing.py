"""The facts of an application's papers, collected for `documents`; nothing is decided and nothing is written here."""

import datetime as dt

from django.utils.translation import gettext_lazy as _

from hpki.keys.secret import Secret
from hpki_server.authority.models import Card
from hpki_server.authority.queries import photo_of
from hpki_server.enrollment import documents, queries
from hpki_server.enrollment.documents import (
    ApplicationFacts,
    CardFace,
    CardFaceFacts,
    DocumentLine,
    PinLetterFacts,
    PostalAddress,
    PostcardFacts,
    ReminderFacts,
)
from hpki_server.enrollment.models import (
    PART_WORDS,
    Application,
    MemberKind,
    OfficeAddress,
    PickupReminder,
    Sex,
)
from hpki_server.enrollment.rules import letter_terms
from hpki_server.enrollment.services.record import day_of
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.models import Organisation

NO_CARD = Denial("no_card", _("カードがまだ発注されていません。"))
ADDRESS_MISSING = Denial(
    "office_address_missing", _("窓口または電子認証センターの住所が登録されていません。")
)


def application_form(application: Application, *, at: dt.datetime) -> bytes:
    """医師資格証発行申請書 as PDF."""
    present = queries.parts_present(application)
    facts = ApplicationFacts(
        number=application.number or "",
        kind="新規",
        association=application.association.name if application.association else "",
        submitted_on=day_of(application.submitted_at) if application.submitted_at else None,
        family_name=application.family_name,
        given_name=application.given_name,
        family_kana=application.family_kana,
        given_kana=application.given_kana,
        romaji=f"{application.given_romaji} {application.family_romaji}",
        born_on=application.born_on or day_of(at),
        sex={Sex.FEMALE: "女", Sex.MALE: "男"}[Sex(application.sex)],
        qualification="医師",
        register_name="医籍",
        registration_number=application.registration_number,
        registered_on=application.registered_on or day_of(at),
        member_kind="日医会員" if application.member_kind == MemberKind.MEMBER else "非会員",
        member_id=application.member_id,
        address=home_of(application),
        email=application.email,
        at=at,
        photo=queries.photo_of(application),
        documents=tuple(
            DocumentLine(name=str(PART_WORDS[part]), state="受領" if part in present else "未提出")
            for part in queries.papers_asked(application, day_of(at))
        ),
    )
    return documents.application_form(facts)


def notice_postcard(application: Application, *, at: dt.datetime) -> bytes:
    """発行完了通知ハガキ as PDF.  Raises `Denied`: `office_address_missing`."""
    association = application.association
    if association is None:
        raise Denied([ADDRESS_MISSING])
    office = office_of(association)
    today = day_of(at)
    facts = PostcardFacts(
        number=application.number or "",
        holder=application.name,
        to=home_of(application),
        sender=centre().name,
        sender_address=postal(office_of(centre())),
        pickup_place=association.name,
        pickup_address=postal(office),
        pickup_hours=tuple(office.hours),
        pickup_from=today,
        pickup_until=today + dt.timedelta(days=letter_terms(today).bring_back_days),
        notified_on=today,
        at=at,
    )
    return documents.notice_postcard(facts)


def pickup_reminder(application: Application, reminder: PickupReminder, *, at: dt.datetime) -> bytes:
    """受取のお願い as PDF.  Raises `Denied`: `office_address_missing`."""
    association = application.association
    if association is None:
        raise Denied([ADDRESS_MISSING])
    office, notified_on = office_of(association), day_of(reminder.notified_at)
    term = letter_terms(notified_on).bring_back_days
    facts = ReminderFacts(
        number=application.number or "",
        holder=application.name,
        to=home_of(application),
        sender=centre().name,
        sender_address=postal(office_of(centre())),
        pickup_place=association.name,
        pickup_address=postal(office),
        pickup_hours=tuple(office.hours),
        notified_on=notified_on,
        pickup_until=notified_on + dt.timedelta(days=term),
        after_days=reminder.after_days,
        is_last=reminder.after_days >= term,
        written_on=day_of(at),
        at=at,
    )
    return documents.pickup_reminder(facts)


def pin_letter(application: Application, card: Card, *, pin: Secret, puk: Secret, at: dt.datetime) -> bytes:
    """暗証番号通知書 as PDF; its bytes hold the secrets.  Raises `Denied`: `office_address_missing`."""
    facts = PinLetterFacts(
        number=application.number or "",
        card_id=card.card_id,
        holder=application.name,
        to=home_of(application),
        sender=centre().name,
        sender_address=postal(office_of(centre())),
        pin=pin,
        puk=puk,
        tries=15,
        issued_on=day_of(card.issued_at or at),
        at=at,
    )
    return documents.pin_letter(facts)


def card_face(card: Card, *, at: dt.datetime) -> CardFace:
    """Both sides of the plastic.  Raises `Denied`: `office_address_missing`."""
    facts = CardFaceFacts(
        family_name=card.family_name,
        given_name=card.given_name,
        romaji=f"{card.given_romaji} {card.family_romaji}",
        born_on=card.born_on,
        registration_number=card.registration_number,
        expires_on=card.expires_on,
        card_id=card.card_id,
        issued_on=day_of(card.issued_at or at),
        issuer=centre().name,
        issuer_address=postal(office_of(centre())),
        photo=photo_of(card),
        member_id=card.member_id,
        specimen=card.environment == "test",
        at=at,
    )
    return documents.card_face(facts)


def centre() -> Organisation:
    return Organisation.objects.filter(kind=Organisation.Kind.CENTRE).order_by("code")[0]


def office_of(organisation: Organisation) -> OfficeAddress:
    try:
        return OfficeAddress.objects.get(organisation=organisation)
    except OfficeAddress.DoesNotExist:
        raise Denied([ADDRESS_MISSING]) from None


def postal(office: OfficeAddress) -> PostalAddress:
    return PostalAddress(postal_code=office.postal_code, lines=(office.address,), phone=office.phone)


def home_of(application: Application) -> PostalAddress:
    return PostalAddress(
        postal_code=application.postal_code, lines=(application.address,), phone=application.phone
    )
