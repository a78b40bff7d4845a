"""券面: both sides of the card."""

from hpki_server.enrollment.documents.facts import CardFace, CardFaceFacts
from hpki_server.enrollment.documents.layouts import TYPST
from hpki_server.enrollment.documents.portrait import printable_jpeg
from hpki_server.people.japanese_dates import japanese_date
from hpki_server.people.typesetting import Payload, typeset_pdf, typeset_png
from hpki_server.people.typesetting.barcode import qr_svg
from hpki_server.people.typesetting.dates import japanese_date_and_western
from hpki_server.people.typesetting.postal import postal_mark

NOTES = (
    "このカードは、券面に記載された本人だけが使用できます。貸与または譲渡することはできません。",
    "署名用・認証用の暗証番号を他人に知らせないでください。続けて誤るとカードはロックされます。",
    "紛失したとき、盗まれたとき、または記載事項に変更があったときは、直ちに下記へご連絡ください。",
)


def card_face(facts: CardFaceFacts) -> CardFace:
    """Both sides as PDF and PNG.  Raises UnprintableText or UnreadablePhoto."""
    front, back = _front(facts), _back(facts)
    return CardFace(
        front_pdf=typeset_pdf(TYPST / "card_front.typ", front, at=facts.at),
        back_pdf=typeset_pdf(TYPST / "card_back.typ", back, at=facts.at),
        front_png=typeset_png(TYPST / "card_front.typ", front, at=facts.at),
        back_png=typeset_png(TYPST / "card_back.typ", back, at=facts.at),
    )


def _front(facts: CardFaceFacts) -> Payload:
    return {
        "title": facts.title,
        "title_en": facts.title_en,
        "name": f"{facts.family_name}\u3000{facts.given_name}",
        "beside_name": facts.beside_name or None,
        "romaji": facts.romaji,
        "born_on": japanese_date_and_western(facts.born_on),
        "registration_label": facts.registration_label,
        "registration_number": f"第 {facts.registration_number} 号",
        "member_id": facts.member_id or None,
        "expires_on": japanese_date_and_western(facts.expires_on),
        "photo": printable_jpeg(facts.photo),
        "specimen": facts.specimen,
        "emergency": facts.emergency,
    }


def _back(facts: CardFaceFacts) -> Payload:
    address = facts.issuer_address
    return {
        "title": facts.title,
        "card_id": facts.card_id,
        "issued_on": japanese_date(facts.issued_on),
        "notes": list(NOTES),
        "issuer": facts.issuer,
        "issuer_address": f"{postal_mark(address.postal_code)} {' '.join(address.lines)}",
        "issuer_phone": f"電話 {address.phone}" if address.phone else "",
        "qr": qr_svg(facts.card_id),
        "specimen": facts.specimen,
    }
