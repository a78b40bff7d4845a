"""A holder asks that an own signed document stays here for a while; nothing is kept that nobody asked for."""

import datetime as dt
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hpki_server.people.denial import Denial, Denied
from hpki_server.people.models import Account
from hpki_server.signing.queue_models import SigningTask
from hpki_server.signing.queue_rules import TASK_UNKNOWN, State
from hpki_server.signing.services.queue_record import locked, record

CHOICES: Final = (30, 90, 365)
NOT_OFFERED: Final = Denial("term_not_offered", _("残す日数を選んでください。"))
NOT_SIGNED: Final = Denial("not_signed", _("この文書は、まだ署名されていないか、もう残っていません。"))


@transaction.atomic
def keep(task_id: UUID, *, days: int, by: Account, at: dt.datetime) -> SigningTask:
    """The signed document lies here until then, also after it was collected.

    Raises `Denied`: `task_unknown`, `term_not_offered`, `not_signed`.
    """
    if days not in CHOICES:
        raise Denied([NOT_OFFERED])
    task = locked(task_id)
    if task.deposited_by_id != by.pk:
        raise Denied([TASK_UNKNOWN])
    if task.state != State.SIGNED.value:
        raise Denied([NOT_SIGNED])
    task.keep_until = at + dt.timedelta(days=days)
    task.save(update_fields=["keep_until"])
    record("signing:keep", task, by=by, at=at, details={"days": days})
    return task
