"""Decisions about logins and duties.  Pure: facts in, denials out."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from hpki_server.people.denial import Denial
from hpki_server.people.duties import OF_THE_CENTRE, Duty


@dataclass(frozen=True)
class Patience:
    """After `free` failures in a row a lock of `first` begins; each further failure doubles it up to `longest`."""

    free: int
    first: dt.timedelta
    longest: dt.timedelta
    # So long without a failure, and counting starts afresh.
    forgets_after: dt.timedelta

    def lock(self, failures: int) -> dt.timedelta | None:
        over = failures - self.free
        if over < 0:
            return None
        # 2**20 times a minute is beyond any `longest`; the bound keeps the product small.
        return min(self.first * (1 << min(over, 20)), self.longest)


ACCOUNT_PATIENCE = Patience(5, dt.timedelta(minutes=1), dt.timedelta(minutes=30), dt.timedelta(hours=24))
# A hospital sits behind one address, so an address is given more tries than a name.
ADDRESS_PATIENCE = Patience(30, dt.timedelta(minutes=1), dt.timedelta(minutes=60), dt.timedelta(hours=1))
# New accounts from one address: a hospital's joint session passes, a script does not get far.
REGISTRATION_PATIENCE = Patience(60, dt.timedelta(minutes=10), dt.timedelta(hours=6), dt.timedelta(hours=1))
LONGEST_MEMORY = max(ACCOUNT_PATIENCE.forgets_after, ADDRESS_PATIENCE.forgets_after)


@dataclass(frozen=True)
class GrantFacts:
    """A duty is about to be given to `account_id` in `organisation_id`."""

    account_id: UUID
    account_active: bool
    account_staff: bool
    duty: Duty
    organisation_id: UUID
    held: frozenset[tuple[Duty, UUID]]
    officer_id: UUID
    officer_reaches: bool
    """The granting officer holds ACCOUNTS there, or at the centre."""
    at_centre: bool
    """The organisation is the certificate centre."""


def granting_to_oneself(facts: GrantFacts) -> Denial | None:
    if facts.account_id != facts.officer_id:
        return None
    return Denial(
        "granting_to_oneself", _("ご自分に権限を付与することはできません。別の担当者にお申し出ください。")
    )


def out_of_reach(facts: GrantFacts) -> Denial | None:
    if facts.officer_reaches:
        return None
    return Denial("out_of_reach", _("この団体の権限を付与する権限がありません。センターにお申し出ください。"))


def only_at_the_centre(facts: GrantFacts) -> Denial | None:
    """What reaches every association's people is no association's to give."""
    if facts.at_centre or facts.duty not in OF_THE_CENTRE:
        return None
    return Denial("only_at_the_centre", _("この権限は、電子認証センターでだけ付与できます。"))


def not_an_officer(facts: GrantFacts) -> Denial | None:
    if facts.account_staff and facts.account_active:
        return None
    return Denial("not_an_officer", _("権限は、利用中の担当者アカウントにだけ付与できます。"))


def already_held(facts: GrantFacts) -> Denial | None:
    if (facts.duty, facts.organisation_id) not in facts.held:
        return None
    return Denial("already_held", _("この権限はすでに付与されています。"))


def audit_stays_apart(facts: GrantFacts) -> Denial | None:
    """Whoever audits does nothing that is audited (受付・審査・発行・監査の分離)."""
    duties = {duty for duty, _where in facts.held} | {facts.duty}
    if Duty.AUDIT not in duties or len(duties) == 1:
        return None
    return Denial(
        "audit_stays_apart",
        _("監査の権限は、ほかの権限と同じ人には付与できません。監査は別の担当者が行います。"),
    )


GRANT_RULES: tuple[Callable[[GrantFacts], Denial | None], ...] = (
    granting_to_oneself,
    out_of_reach,
    only_at_the_centre,
    not_an_officer,
    already_held,
    audit_stays_apart,
)


def grant_denials(facts: GrantFacts) -> list[Denial]:
    return [denial for rule in GRANT_RULES if (denial := rule(facts))]


@dataclass(frozen=True)
class WithdrawalFacts:
    """A running grant is about to end."""

    duty: Duty
    running: bool
    officer_reaches: bool
    others_with_accounts: int
    """Officers, this one not counted, who hold ACCOUNTS at the same organisation."""


def withdrawal_denials(facts: WithdrawalFacts) -> list[Denial]:
    denials = []
    if not facts.running:
        denials.append(Denial("not_running", _("この権限はすでに終わっています。")))
    if not facts.officer_reaches:
        denials.append(
            Denial(
                "out_of_reach", _("この団体の権限を取り消す権限がありません。センターにお申し出ください。")
            )
        )
    if facts.duty is Duty.ACCOUNTS and facts.others_with_accounts == 0:
        denials.append(
            Denial(
                "last_accounts_officer",
                _("権限を付与できる担当者がいなくなります。先に別の担当者に付与してください。"),
            )
        )
    return denials
