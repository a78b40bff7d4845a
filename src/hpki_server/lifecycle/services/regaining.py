"""A way back in for a holder or applicant who forgot the password: without it a lost card could not be told from home.

Applicants' addresses are not confirmed when they register.  So a link leaves only when the register number and the
birth date of an application of that account are told as well: a mistyped address gives a stranger nothing.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment.models import Application
from hpki_server.lifecycle import ports
from hpki_server.lifecycle.ports import Mail, MailSender
from hpki_server.people import audit
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.models import Account, normal_username
from hpki_server.people.services.accounts import setup_token
from hpki_server.people.services.login import count_forgotten
from hpki_server.registry.matching import number_spellings

SUBJECT: Final = "【医師資格証】パスワードの再設定 / Choose a new password"
NOT_MAILED: Final = Denial(
    "not_mailed",
    _("いまはメールをお送りできません。しばらくしてから、もう一度お試しください。"),
)


@dataclass(frozen=True)
class RegainClaim:
    """What somebody who cannot log in says."""

    unverified_username: str
    unverified_registration_number: str
    unverified_born_on: dt.date
    # Where it comes from, for the throttle.
    address: str


def ask_for_link(claim: RegainClaim, *, at: dt.datetime, send: MailSender = ports.send) -> None:
    """Mails a link where everything fits, and tells nobody whether it did.

    Raises `Denied`: `locked`; `not_mailed`, which only whoever knows all three learns.
    """
    username = normal_username(claim.unverified_username)
    count_forgotten(username, claim.address, at=at)
    account = _account_of(username, claim)
    if account is None:
        return
    mail = _mail(account)
    with transaction.atomic():
        audit.record(
            "account:forget-password", by=account, subject_kind="account", subject_id=account.pk, at=at
        )
    try:
        send(mail)
    except (ports.AddressRefused, OSError) as error:
        raise Denied([NOT_MAILED]) from error


def _account_of(username: str, claim: RegainClaim) -> Account | None:
    applications = Application.objects.filter(
        applicant__username=username,
        applicant__kind=Account.Kind.APPLICANT,
        applicant__is_active=True,
        registration_number__in=number_spellings(claim.unverified_registration_number),
        born_on=claim.unverified_born_on,
    )
    found = applications.select_related("applicant").first()
    return None if found is None else found.applicant


def _mail(account: Account) -> Mail:
    link = settings.ORIGIN + reverse("people:new-password", args=[account.pk, setup_token(account)])
    text = (
        "医師資格証のページのパスワードを、次のページで新しく決めてください。\n"
        f"{link}\n\n"
        "このページは 3 日のあいだ、一度だけ使えます。\n"
        "お心当たりのない場合は、何もせずに、このまま削除してください。パスワードは変わりません。\n\n"
        "Please choose a new password on the page above. It works once, within three days.\n"
        "If you did not ask for it, delete this message: nothing has changed.\n"
    )
    return Mail(account.username, SUBJECT, text)
