"""医師資格証発行申請書: the application form, filled in or waiting for the pen."""

import datetime as dt

from hpki_server.enrollment.documents.facts import ApplicationFacts, BlankFormFacts
from hpki_server.enrollment.documents.layouts import TYPST
from hpki_server.enrollment.documents.portrait import printable_jpeg
from hpki_server.enrollment.scanned_codes import written
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
BLANK_BIRTHDAY = "昭・平　　　年　　　月　　　日"
BLANK_REGISTRATION_DAY = "昭・平・令　　年　　月　　日"


def application_form(facts: ApplicationFacts) -> bytes:
    """A4, one page or more, each with its number.  Raises UnprintableText or UnreadablePhoto."""
    return typeset_pdf(TYPST / "form.typ", _payload(facts), at=facts.at)


def blank_application_form(facts: BlankFormFacts) -> bytes:
    """The same sheet with room for the pen; it asks for what the web form asks."""
    return typeset_pdf(TYPST / "form.typ", _blank_payload(facts), at=facts.at)


def _payload(facts: ApplicationFacts) -> Payload:
    return {
        **_frame(facts.centre, number=facts.number, form_code=facts.form_code),
        "tall": False,
        "kind": facts.kind,
        "association": facts.association,
        "submitted_on": japanese_date(facts.submitted_on) if facts.submitted_on else BLANK_DATE,
        "kana": f"{facts.family_kana}\u3000{facts.given_kana}",
        "name": f"{facts.family_name}\u3000{facts.given_name}",
        "romaji": facts.romaji,
        "former_name": facts.former_name or None,
        "alias": None,
        "born_on": _day(facts.born_on, BLANK_BIRTHDAY),
        "sex": facts.sex,
        "postal_code": postal_mark(facts.address.postal_code) if facts.address.postal_code else "",
        "address": " ".join(facts.address.lines),
        "phone": facts.address.phone,
        "email": facts.email,
        "photo": printable_jpeg(facts.photo) if facts.photo else None,
        **_qualification(facts),
        "documents": [{"name": paper.name, "state": paper.state} for paper in facts.documents],
    }


def _qualification(facts: ApplicationFacts) -> Payload:
    return {
        "qualification": facts.qualification,
        "register_name": facts.register_name,
        "registration_number": f"第 {facts.registration_number} 号",
        "registered_on": _day(facts.registered_on, BLANK_REGISTRATION_DAY),
        "member_kind": facts.member_kind,
        "member_id": facts.member_id or "－",
    }


def _blank_payload(facts: BlankFormFacts) -> Payload:
    return {
        **_frame(facts.centre, number="", form_code=facts.form_code),
        "tall": True,
        "kind": "□新規　□更新　□緊急　□再発行（□紛失 □破損 □氏名 □会員区分）",
        "association": "",
        "submitted_on": BLANK_DATE,
        "kana": "",
        "name": "",
        "romaji": "",
        "former_name": "　　　　　　　　（カナ　　　　　　　　）　□書類が旧姓のまま　□カードに併記",
        "alias": "　　　　　　　　（カナ　　　　　　　　）　□特別永住者です　　□カードに併記",
        "born_on": BLANK_BIRTHDAY,
        "sex": "□女　□男",
        "postal_code": "〒　　　　－",
        "address": "",
        "phone": "",
        "email": "",
        "photo": None,
        "qualification": "医師",
        "register_name": "医籍",
        "registration_number": "第　　　　　　　　号",
        "registered_on": BLANK_REGISTRATION_DAY,
        "member_kind": "□日医会員　□非会員",
        "member_id": "",
        "documents": [{"name": paper.name, "state": paper.state} for paper in facts.documents],
    }


def _frame(centre: str, *, number: str, form_code: str) -> Payload:
    return {
        "title": "医師資格証発行申請書",
        "centre": centre,
        "number": number,
        "qr": qr_svg(number or form_code),
        "code_words": "" if number else written(form_code),
        "declaration": DECLARATION,
        "desks": list(DESKS),
    }


def _day(on: dt.date | None, blank: str) -> str:
    return japanese_date_and_western(on) if on else blank
