"""暗証番号通知書: the one sheet on which PIN and PUK are readable."""

from hpki.keys.secret import Secret
from hpki_server.enrollment.documents.facts import PinLetterFacts
from hpki_server.enrollment.documents.layouts import TYPST
from hpki_server.people.japanese_dates import japanese_date
from hpki_server.people.typesetting import Payload, typeset_pdf
from hpki_server.people.typesetting.barcode import qr_svg
from hpki_server.people.typesetting.postal import postal_mark

GROUP = 4  # figures read aloud and copied in fours


def pin_letter(facts: PinLetterFacts) -> bytes:
    """A4, one page, to be folded twice.  The bytes hold the secrets: print, send, forget.  Raises UnprintableText."""
    return typeset_pdf(TYPST / "letter.typ", _payload(facts), at=facts.at)


def _payload(facts: PinLetterFacts) -> Payload:
    sender = facts.sender_address
    return {
        "title": "暗証番号通知書",
        "number": facts.number,
        "card_id": facts.card_id,
        "qr": qr_svg(facts.number),
        "postal_code": postal_mark(facts.to.postal_code),
        "address": list(facts.to.lines),
        "addressee": f"{facts.holder}\u3000様",
        "sender": facts.sender,
        "sender_address": [postal_mark(sender.postal_code), " ".join(sender.lines)],
        "issued_on": japanese_date(facts.issued_on),
        "opening": f"{facts.card_name}の暗証番号をお知らせします。{facts.card_name}は、受取場所で別にお渡しします。",
        "pin": _grouped(facts.pin),
        "puk": _grouped(facts.puk),
        "warnings": list(_warnings(facts)),
        "contact": f"お問い合わせ　{facts.sender}"
        + (f"　電話 {sender.phone}" if sender.phone else "")
        + "　この通知書は再発行できません。",
    }


def _warnings(facts: PinLetterFacts) -> tuple[str, ...]:
    return (
        f"暗証番号を{facts.tries}回続けて誤ると、カードはロックされます。1回でも正しく入力すると、回数は元に戻ります。",
        "ロックされたときは、ロック解除番号（PUK）で解除できます。解除できないときは、受取場所にご相談ください。",
        f"{facts.card_name}と暗証番号を一緒に保管しないでください。カードに暗証番号を書かないでください。",
        "暗証番号は、どなたにも知らせないでください。医師会や電子認証センターの職員がお尋ねすることはありません。",
        "お受け取り後は、暗証番号をご自身の番号に変更し、この通知書を安全に保管または廃棄してください。",
    )


def _grouped(secret: Secret) -> str:
    """`1234 5678`: split into equal groups where the length allows, else left whole."""
    text = secret.reveal()
    if len(text) <= GROUP or len(text) % GROUP:
        return text
    return " ".join(text[at : at + GROUP] for at in range(0, len(text), GROUP))
