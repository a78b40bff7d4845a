"""Where mails leave: Django's mail backend, which writes to files until an operator names a server."""

import smtplib
from collections.abc import Callable
from dataclasses import dataclass

from django.core import mail


@dataclass(frozen=True)
class Mail:
    """It names nobody and no number: whoever reads over a shoulder learns that there is something to see."""

    to: str
    subject: str
    text: str


class AddressRefused(Exception):
    """The mail server will never take this address."""


MailSender = Callable[[Mail], None]


def send(message: Mail) -> None:
    """Raises AddressRefused, or OSError (smtplib's errors are such) when the server cannot be reached or refuses."""
    try:
        mail.send_mail(message.subject, message.text, None, [message.to])
    except smtplib.SMTPRecipientsRefused as error:
        raise AddressRefused(message.to) from error
