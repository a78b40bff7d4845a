"""What the homes show: the work that waits for an officer, the application that an applicant cares about."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Min
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment import queries as enrollment
from hpki_server.enrollment.models import Application
from hpki_server.people.duties import Duty
from hpki_server.people.models import Account
from hpki_server.people.officer import Officer


@dataclass(frozen=True)
class Desk:
    """One kind of work: where it is done, how much waits, and since when the oldest."""

    title: str | Promise
    what: str | Promise
    url_name: str
    waiting: int | None = None
    oldest_at: dt.datetime | None = None


_QUEUES: dict[Duty, tuple[str, Promise]] = {
    Duty.INTAKE: ("enrollment:intake", _("申請の原本と身分証を確かめて受け付けます。")),
    Duty.VETTING: ("enrollment:vetting", _("書類と医籍の照合を審査します。")),
    Duty.APPROVAL: ("enrollment:approval", _("審査をした人とは別の目で承認します。")),
    Duty.ISSUING: ("enrollment:issuing", _("カードを発注・発行し、ハガキと暗証番号通知書を印刷します。")),
    Duty.PICKUP: ("enrollment:pickup", _("ご本人にカードをお渡しします。")),
}
_DESKS: dict[Duty, tuple[str, Promise]] = {
    Duty.REVOKING: ("lifecycle:find", _("紛失・盗難などの連絡を受け、カードを失効します。")),
    Duty.HOLDING: ("lifecycle:find", _("カードを一時停止し、見つかったら再開します。")),
    Duty.REGISTRY: ("registry:entries", _("資格管理簿を取り込み、登録を探します。")),
    Duty.CASHIER: ("fees:invoices", _("請求と入金を確かめ、銀行の明細を取り込みます。")),
    Duty.ACCOUNTS: ("people:accounts", _("担当者を登録し、権限を付与・取消します。")),
    Duty.AUDIT: ("people:audit", _("だれが、いつ、何をしたかを調べます。")),
}


def desks(officer: Officer) -> list[Desk]:
    """The officer's work in the order of the journey."""
    found = []
    for duty, (url_name, what) in _QUEUES.items():
        if officer.may(duty):
            queue = enrollment.waiting(officer, duty)
            facts = queue.aggregate(oldest=Min("state_since"))
            found.append(Desk(duty.label, what, url_name, queue.count(), facts["oldest"]))
    found += [
        Desk(duty.label, what, url_name) for duty, (url_name, what) in _DESKS.items() if officer.may(duty)
    ]
    return found


def latest_application(account: Account) -> Application | None:
    return enrollment.applications_of(account).order_by("-state_since").first()
