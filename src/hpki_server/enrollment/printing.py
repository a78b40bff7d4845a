"""The facts of an application's papers, collected for `documents`; nothing is decided and nothing is written here."""

import datetime as dt

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from hpki.keys.secret import Secret
from hpki_server.authority.models import Card
from hpki_server.authority.queries import photo_of
from hpki_server.enrollment import documents, queries, visit_words
from hpki_server.enrollment.documents import (
    ApplicationFacts,
    BlankFormFacts,
    CardFace,
    CardFaceFacts,
    DocumentLine,
    PinLetterFacts,
    PostalAddress,
    PostcardFacts,
    ReminderFacts,
)
from hpki_server.enrollment.models import (
    CASE_WORDS,
    PART_WORDS,
    Application,
    MemberKind,
    OfficeAddress,
    PickupReminder,
    Sex,
)
from hpki_server.enrollment.rules import CaseKind, letter_terms
from hpki_server.enrollment.scanned_codes import new_form_code
from hpki_server.enrollment.services.record import day_of
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.models import Organisation

NO_CARD = Denial("no_card", _("カードがまだ発注されていません。"))
ADDRESS_MISSING = Denial(
    "office_address_missing", _("窓口または電子認証センターの住所が登録されていません。")
)


def application_form(application: Application, *, at: dt.datetime) -> bytes:
    """医師資格証発行申請書 as PDF."""
    with translation.override("ja"):
        return documents.application_form(_form_facts(application, at))


def _form_facts(application: Application, at: dt.datetime) -> ApplicationFacts:
    present = queries.parts_present(application)
    return ApplicationFacts(
        number=application.number or "",
        form_code=application.form_code or "",
        kind=str(CASE_WORDS[CaseKind(application.kind)]),
        association=application.association.name if application.association else "",
        submitted_on=day_of(application.submitted_at) if application.submitted_at else None,
        family_name=application.family_name,
        given_name=application.given_name,
        family_kana=application.family_kana,
        given_kana=application.given_kana,
        romaji=f"{application.given_romaji} {application.family_romaji}",
        former_name=_other_names(application),
        born_on=application.born_on,
        sex=str(Sex(application.sex).label) if application.sex else "",
        qualification="医師",
        register_name="医籍",
        registration_number=application.registration_number,
        registered_on=application.registered_on,
        member_kind=str(MemberKind(application.member_kind).label) if application.member_kind else "",
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


def _other_names(application: Application) -> str:
    """旧姓 or 通名 as entered, and whether the card shows it."""
    words = []
    if application.former_family_name:
        words.append(f"旧姓 {application.former_family_name}（{application.former_family_kana}）")
    if application.alias:
        words.append(f"通名 {application.alias}（特別永住者）")
    if application.beside_name:
        words.append("カードに併記")
    return "　".join(words)


def blank_form(*, at: dt.datetime) -> bytes:
    """An empty 医師資格証発行申請書 as PDF, with a fresh code; it asks for all that a first card may need."""
    asked = (
        "顔写真（貼付欄）",
        "医師免許証の写し",
        "写真付き身分証の写し（マイナンバーカードは表面のみ）",
        "住民票の写し（原本）",
        "戸籍謄本または抄本（旧姓が書類にある方、旧姓を併記する方）",
        "特別永住者であることの証明書（通名を併記する方）",
    )
    facts = BlankFormFacts(
        form_code=new_form_code(),
        documents=tuple(DocumentLine(name=name) for name in asked),
        at=at,
    )
    return documents.blank_application_form(facts)


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
        old_card=visit_words.gives_old_card(application.facts(), today),
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
        old_card=visit_words.gives_old_card(application.facts(), day_of(at)),
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
        beside_name=card.beside_name,
        specimen=card.environment == "test",
        emergency=Application.objects.filter(number=card.reference, kind=CaseKind.EMERGENCY.value).exists(),
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
