"""Reads of accounts, duties and the audit chain."""

import datetime as dt

from django.db.models import Q

from hpki_server.people.duties import Duty
from hpki_server.people.models import Account, DutyGrant
from hpki_server.people.officer import Officer


def running_at(at: dt.datetime) -> Q:
    """Grants that run at that moment."""
    return Q(from_at__lte=at) & (Q(until_at__isnull=True) | Q(until_at__gt=at))


def officer_of(account: Account, *, at: dt.datetime) -> Officer:
    """The account with the duties that run at `at`; an account that was closed holds none."""
    if not account.is_active or account.kind != Account.Kind.STAFF:
        return Officer(account.pk, account.name)
    held = DutyGrant.objects.filter(running_at(at), account=account).values_list("duty", "organisation_id")
    return Officer(account.pk, account.name, frozenset((Duty(duty), where) for duty, where in held))
