"""受取のお願い: the card still waits; where, until when, and what happens afterwards."""

import datetime as dt
from dataclasses import dataclass

from hpki_server.enrollment.documents.facts import PostalAddress
from hpki_server.enrollment.documents.layouts import TYPST
from hpki_server.people.japanese_dates import japanese_date
from hpki_server.people.typesetting import Payload, typeset_pdf
from hpki_server.people.typesetting.barcode import qr_svg
from hpki_server.people.typesetting.postal import postal_mark


@dataclass(frozen=True, kw_only=True)
class ReminderFacts:
    """A letter in an envelope; `is_last` tells that the card goes back to the centre."""

    number: str
    holder: str
    to: PostalAddress
    sender: str
    sender_address: PostalAddress
    pickup_place: str
    pickup_address: PostalAddress
    pickup_hours: tuple[str, ...]
    notified_on: dt.date
    pickup_until: dt.date
    after_days: int
    is_last: bool
    written_on: dt.date
    at: dt.datetime
    old_card: bool = False  # the new card is handed over for the old one only
    card_name: str = "医師資格証"


def pickup_reminder(facts: ReminderFacts) -> bytes:
    """A4, one page, to be folded twice.  Raises UnprintableText."""
    return typeset_pdf(TYPST / "reminder.typ", _payload(facts), at=facts.at)


def _payload(facts: ReminderFacts) -> Payload:
    sender, place = facts.sender_address, facts.pickup_address
    return {
        "title": f"{facts.card_name}　お受け取りのお願い",
        "number": facts.number,
        "qr": qr_svg(facts.number),
        "postal_code": postal_mark(facts.to.postal_code),
        "address": list(facts.to.lines),
        "addressee": f"{facts.holder}\u3000様",
        "sender": facts.sender,
        "sender_address": [postal_mark(sender.postal_code), " ".join(sender.lines)],
        "written_on": japanese_date(facts.written_on),
        "greeting": "拝啓　時下ますますご清祥のこととお慶び申し上げます。",
        "body": list(_body(facts)),
        "place": facts.pickup_place,
        "place_address": f"{postal_mark(place.postal_code)}　{' '.join(place.lines)}",
        "place_phone": f"電話 {place.phone}" if place.phone else "",
        "hours": list(facts.pickup_hours),
        "until": japanese_date(facts.pickup_until),
        "bring": [
            "発行完了通知ハガキ（署名欄にご署名のうえ）",
            "写真付き本人確認書類の原本（有効期限内のもの）",
            *([f"これまでの{facts.card_name}（新しいカードと引き換え）"] if facts.old_card else []),
        ],
        "contact": f"お問い合わせ　{facts.sender}" + (f"　電話 {sender.phone}" if sender.phone else ""),
    }


def _body(facts: ReminderFacts) -> tuple[str, ...]:
    first = (
        f"{japanese_date(facts.notified_on)}付の通知ハガキでお知らせした{facts.card_name}が、お知らせから"
        f"{facts.after_days}日を経た本日現在、まだお受け取りいただいておりません。"
        "ご多忙のところ恐れ入りますが、ご本人が下記の受取場所でお受け取りくださいますようお願い申し上げます。"
    )
    if facts.is_last:
        return (
            first,
            (
                f"{_end_of_term(facts)}カードは電子認証センターに返送されます。"
                "引き続きお受け取りを希望される場合は、お早めにご連絡ください。"
                "ご連絡がない場合は、カードを破砕し、電子証明書を失効します。改めてお申し込みいただくことはできます。"
            ),
        )
    return (first, "なお、本状と行き違いにお受け取りいただいている場合は、何とぞご容赦ください。")


def _end_of_term(facts: ReminderFacts) -> str:
    """The last day itself still counts; a letter that was printed later says so."""
    if facts.written_on <= facts.pickup_until:
        return f"お受け取りの期間は{japanese_date(facts.pickup_until)}までです。その翌日から、"
    return "お受け取りの期間が過ぎましたので、"
