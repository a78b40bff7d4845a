"""Mails leave one by one: first the mail, then the mark.  A power cut between them sends one twice, never none."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.conf import settings

from hpki_server.authority.models import Card
from hpki_server.enrollment.models import Application
from hpki_server.lifecycle import ports
from hpki_server.lifecycle.ports import Mail, MailSender
from hpki_server.lifecycle.services import noticing

# One turn of the job; the next one goes on.
MOST: Final = 500
SUBJECT: Final = "【医師資格証】大切なお知らせがあります / A message about your card"


@dataclass(frozen=True)
class Mailed:
    sent: int = 0
    without_address: int = 0
    # Why the server would not take any more, "" when it took all.
    obstacle: str = ""


def send_mails(*, at: dt.datetime, send: MailSender = ports.send) -> Mailed:
    """What waits, as long as the mail server takes it."""
    notices = list(noticing.waiting_mails()[:MOST])
    addresses = _addresses([notice.card for notice in notices])
    sent = without = 0
    for notice in notices:
        address = addresses.get(notice.card.reference, "")
        if not address:
            noticing.mark_sent(notice, at=at)
            without += 1
            continue
        try:
            send(mail_to(address))
        except ports.AddressRefused:
            # It would be refused again tomorrow; the page and the letters remain.
            noticing.mark_sent(notice, at=at)
            without += 1
            continue
        except OSError as error:
            return Mailed(sent, without, f"{type(error).__name__}: {error}")
        noticing.mark_sent(notice, at=at)
        sent += 1
    return Mailed(sent, without)


def mail_to(address: str) -> Mail:
    """The same for every kind: what it is about stands behind the login."""
    text = (
        "医師資格証についての大切なお知らせがあります。\n"
        f"次のページにログインしてご覧ください。\n{settings.ORIGIN}/home/\n\n"
        "このメールには、個人情報を書いておりません。お心当たりのない場合は、このまま削除してください。\n"
        "このメールに返信されても、お答えできません。\n\n"
        "There is an important message about your physician's qualification card.\n"
        f"Please log in to read it: {settings.ORIGIN}/home/\n"
    )
    return Mail(address, SUBJECT, text)


def _addresses(cards: list[Card]) -> dict[str, str]:
    """By reference of the card: the login of its holder, which is an address that was typed by the holder."""
    rows = Application.objects.filter(
        number__in={card.reference for card in cards}, applicant__is_active=True
    )
    return {str(number): str(name) for number, name in rows.values_list("number", "applicant__username")}
