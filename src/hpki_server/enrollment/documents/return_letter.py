"""不備返送のお知らせ: what has to be handed in anew, why, and that all the rest stays as it is."""

import datetime as dt
from dataclasses import dataclass

from hpki_server.enrollment.documents.facts import PostalAddress
from hpki_server.enrollment.documents.layouts import TYPST
from hpki_server.people.japanese_dates import japanese_date
from hpki_server.people.typesetting import Payload, typeset_pdf
from hpki_server.people.typesetting.barcode import qr_svg
from hpki_server.people.typesetting.postal import postal_mark


@dataclass(frozen=True, kw_only=True)
class ReturnLetterFacts:
    number: str
    holder: str
    to: PostalAddress
    sender: str
    sender_address: PostalAddress
    reasons: tuple[str, ...]
    parts: tuple[str, ...]  # what opens for correction; nothing where an original is brought to the desk
    originals: tuple[str, ...]  # what the desk has to see once more, or to be given back
    note: str
    place: str
    by_web: bool  # the applicant has an account
    returned_on: dt.date
    at: dt.datetime
    card_name: str = "医師資格証"


def return_letter(facts: ReturnLetterFacts) -> bytes:
    """A4, one page, to be folded twice.  Raises UnprintableText."""
    return typeset_pdf(TYPST / "return_letter.typ", _payload(facts), at=facts.at)


def return_mail(facts: ReturnLetterFacts) -> tuple[str, str]:
    """Subject and text of the same as a mail.  It travels open, so it names nobody and no document's contents."""
    parts = "\n".join(f"・{part}" for part in (*facts.parts, *facts.originals))
    text = (
        f"申請番号 {facts.number} の{facts.card_name}のご申請について、お願いしたいものがございます。\n\n"
        f"{parts}\n\n{_what_to_do(facts)}\n"
        "ほかの内容はそのままで結構です。\n\n"
        f"{facts.sender}\n{facts.sender_address.phone}\n"
    )
    return f"{facts.card_name}のご申請（{facts.number}）についてのお願い", text


def _what_to_do(facts: ReturnLetterFacts) -> str:
    originals = "・".join(facts.originals)
    if not facts.by_web:
        if not facts.parts:
            return f"恐れ入りますが、{originals}をお持ちのうえ、{facts.place}の窓口へもう一度お越しください。"
        return f"恐れ入りますが、上の書類を{facts.place}の窓口へお持ちになるか、お送りください。"
    # Nothing goes on before the applicant has sent the case again, even where nothing is to be corrected on the page.
    here = (
        "申請のページにログインし、差し替えるものだけを直して、もう一度お送りください。"
        if facts.parts
        else "申請のページにログインし、「送信へ進む」からもう一度お送りください。"
    )
    if not facts.originals:
        return here
    return f"{here}そのあと、{originals}をお持ちのうえ、{facts.place}の窓口へもう一度お越しください。"


def _payload(facts: ReturnLetterFacts) -> Payload:
    sender = facts.sender_address
    return {
        "title": "ご申請の書類の差し替えのお願い",
        "number": facts.number,
        "qr": qr_svg(facts.number),
        "postal_code": postal_mark(facts.to.postal_code),
        "address": list(facts.to.lines),
        "addressee": f"{facts.holder}\u3000様",
        "sender": facts.sender,
        "sender_address": [postal_mark(sender.postal_code), " ".join(sender.lines)],
        "written_on": japanese_date(facts.returned_on),
        "greeting": "拝啓　時下ますますご清祥のこととお慶び申し上げます。",
        "body": [
            f"このたびは{facts.card_name}の発行をご申請いただき、ありがとうございます。拝見しましたところ、次の点がございました。お手数をおかけいたしますが、ご対応くださいますようお願い申し上げます。",
        ],
        "reasons": list(facts.reasons),
        "parts": list(facts.parts),
        "originals": list(facts.originals),
        "note": facts.note,
        "what_to_do": _what_to_do(facts),
        "rest": "ほかの内容と書類は、お預かりしたままで結構です。申請番号も変わりません。",
        "contact": f"お問い合わせ　{facts.sender}" + (f"　電話 {sender.phone}" if sender.phone else ""),
    }
