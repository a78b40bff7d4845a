"""A way back in for a holder or applicant who forgot the password: without it a lost card could not be told from home.

Applicants' addresses are not confirmed when they register.  So a link leaves only when the register number and the
birth date of an application of that account are told as well: a mistyped address gives a stranger nothing.

Every wish is written down, whether it fits or not, and mails leave by themselves: neither what the page says nor how long
it takes tells a stranger whether the three facts fit.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from hpki_server.enrollment.models import Application
from hpki_server.lifecycle import ports
from hpki_server.lifecycle.models import PasswordWish
from hpki_server.lifecycle.ports import Mail, MailSender
from hpki_server.lifecycle.services.mailing import Mailed
from hpki_server.people import audit
from hpki_server.people.models import Account, normal_username
from hpki_server.people.services.accounts import setup_token
from hpki_server.people.services.login import count_forgotten
from hpki_server.registry.matching import number_spellings

SUBJECT: Final = "【医師資格証】パスワードの再設定 / Choose a new password"
# One turn of the job; the next one goes on.
MOST: Final = 50
# Whoever waited longer for a mail server asks again.
KEPT: Final = dt.timedelta(hours=6)


@dataclass(frozen=True)
class RegainClaim:
    """What somebody who cannot log in says."""

    unverified_username: str
    unverified_registration_number: str
    unverified_born_on: dt.date
    # Where it comes from, for the throttle.
    address: str


def ask_for_link(claim: RegainClaim, *, at: dt.datetime) -> None:
    """Where everything fits a link leaves with the next turn of the job.  Raises `Denied`: `locked`."""
    username = normal_username(claim.unverified_username)
    count_forgotten(username, claim.address, at=at)
    PasswordWish.objects.create(account=_account_of(username, claim), asked_at=at)


def send_links(*, at: dt.datetime, send: MailSender = ports.send) -> Mailed:
    """One mail for each account that asked, as long as the mail server takes it; wishes that fit nobody are forgotten."""
    PasswordWish.objects.filter(Q(account__isnull=True) | Q(asked_at__lt=at - KEPT)).delete()
    sent = without = 0
    for account in Account.objects.filter(password_wishes__asked_at__lte=at).distinct()[:MOST]:
        try:
            send(_mail(account))
        except ports.AddressRefused:
            without += 1
        except OSError as error:
            return Mailed(sent, without, f"{type(error).__name__}: {error}")
        else:
            sent += 1
        _answered(account, at=at)
    return Mailed(sent, without)


@transaction.atomic
def _answered(account: Account, *, at: dt.datetime) -> None:
    PasswordWish.objects.filter(account=account, asked_at__lte=at).delete()
    audit.record("account:forget-password", by=account, subject_kind="account", subject_id=account.pk, at=at)


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
