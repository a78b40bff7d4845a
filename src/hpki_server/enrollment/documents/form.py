"""医師資格証発行申請書: the application form, filled in or waiting for the pen."""

from hpki_server.enrollment.documents.facts import ApplicationFacts
from hpki_server.enrollment.documents.layouts import TYPST
from hpki_server.enrollment.documents.portrait import printable_jpeg
from hpki_server.people.japanese_dates import japanese_date
from hpki_server.people.typesetting import Payload, typeset_pdf
from hpki_server.people.typesetting.barcode import qr_svg
from hpki_server.people.typesetting.dates import japanese_date_and_western
from hpki_server.people.typesetting.postal import postal_mark

DECLARATION = (
    "上記のとおり相違ありません。証明書ポリシーと利用規程を確認し、これに従って使用します。"
    "発行審査のため、氏名・生年月日・登録番号・登録年月日を資格の登録簿と照合することに同意します。"
)
DESKS = ("受付", "審査", "登録簿照合", "承認", "発行", "交付")
BLANK_DATE = "令和　　年　　月　　日"


def application_form(facts: ApplicationFacts) -> bytes:
    """A4, one page or more, each with its number.  Raises UnprintableText or UnreadablePhoto."""
    return typeset_pdf(TYPST / "form.typ", _payload(facts), at=facts.at)


def _payload(facts: ApplicationFacts) -> Payload:
    return {
        "title": "医師資格証発行申請書",
        "centre": facts.centre,
        "number": facts.number,
        "qr": qr_svg(facts.number),
        "kind": facts.kind,
        "association": facts.association,
        "submitted_on": japanese_date(facts.submitted_on) if facts.submitted_on else BLANK_DATE,
        "kana": f"{facts.family_kana}\u3000{facts.given_kana}",
        "name": f"{facts.family_name}\u3000{facts.given_name}",
        "romaji": facts.romaji,
        "former_name": facts.former_name or None,
        "born_on": japanese_date_and_western(facts.born_on),
        "sex": facts.sex,
        "postal_code": postal_mark(facts.address.postal_code),
        "address": " ".join(facts.address.lines),
        "phone": facts.address.phone,
        "email": facts.email,
        "photo": printable_jpeg(facts.photo) if facts.photo else None,
        **_qualification(facts),
        "documents": [{"name": paper.name, "state": paper.state} for paper in facts.documents],
        "declaration": DECLARATION,
        "desks": list(DESKS),
    }


def _qualification(facts: ApplicationFacts) -> Payload:
    return {
        "qualification": facts.qualification,
        "register_name": facts.register_name,
        "registration_number": f"第 {facts.registration_number} 号",
        "registered_on": japanese_date_and_western(facts.registered_on),
        "member_kind": facts.member_kind,
        "member_id": facts.member_id or "－",
    }
