"""発行完了通知ハガキ: tells that the card is ready, where, when, and what to bring."""

from hpki_server.enrollment.documents.facts import PostcardFacts
from hpki_server.enrollment.documents.layouts import TYPST
from hpki_server.people.japanese_dates import japanese_date
from hpki_server.people.typesetting import Payload, typeset_pdf
from hpki_server.people.typesetting.barcode import qr_svg
from hpki_server.people.typesetting.postal import postal_digits, postal_mark


def notice_postcard(facts: PostcardFacts) -> bytes:
    """100 × 148 mm, two pages: address side, text side.  Raises UnprintableText."""
    return typeset_pdf(TYPST / "postcard.typ", _payload(facts), at=facts.at)


def _payload(facts: PostcardFacts) -> Payload:
    sender, place = facts.sender_address, facts.pickup_address
    return {
        "title": "発行完了通知ハガキ",
        "number": facts.number,
        "qr": qr_svg(facts.number),
        "digits": list(postal_digits(facts.to.postal_code)),
        "address": list(facts.to.lines),
        "addressee": f"{facts.holder}\u3000様",
        "sender": facts.sender,
        "sender_address": [
            f"{postal_mark(sender.postal_code)} {' '.join(sender.lines)}",
            *_phone(sender.phone),
        ],
        "notified_on": japanese_date(facts.notified_on),
        "card_name": facts.card_name,
        "opening": f"ご申請の{facts.card_name}の発行が完了しました。下記の受取場所にて、ご本人がお受け取りください。",
        "place": facts.pickup_place,
        "place_address": [
            f"{postal_mark(place.postal_code)} {place.lines[0]}",
            *place.lines[1:],
            *_phone(place.phone),
        ],
        "period": f"{japanese_date(facts.pickup_from)} から {japanese_date(facts.pickup_until)} まで",
        "hours": list(facts.pickup_hours),
        "bring": [
            {"name": "このハガキ", "note": "下の署名欄に、ご本人が署名してお持ちください。"},
            {
                "name": "写真付き本人確認書類の原本（1点）",
                "note": "運転免許証、マイナンバーカード、旅券など。有効期限内のもの。写しは不可。",
            },
            *_old_card(facts),
        ],
        "warning": ["受け取りはご本人に限ります。", "代理の方にはお渡しできません。"],
    }


def _old_card(facts: PostcardFacts) -> list[Payload]:
    if not facts.old_card:
        return []
    # One line: offices with long hours need the room.
    return [{"name": f"これまでの{facts.card_name}（新しいカードと引き換え）", "note": ""}]


def _phone(phone: str) -> list[str]:
    return [f"電話 {phone}"] if phone else []
