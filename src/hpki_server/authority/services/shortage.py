"""Cards are short: two officers decide that certificates for remote use come first, from now until a day."""

import datetime as dt
from typing import Final

from django.utils.translation import gettext_lazy as _

from hpki_server.authority import production_queries, production_rules
from hpki_server.authority.candidates import local_day
from hpki_server.authority.production_models import ShortagePeriod
from hpki_server.people import audit
from hpki_server.people.denial import Denied
from hpki_server.people.dual_control import Act
from hpki_server.people.duties import Duty
from hpki_server.people.models import Proposal
from hpki_server.people.officer import Officer
from hpki_server.people.services import proposals
from hpki_server.people.services.proposals import Proposed
from hpki_server.people.shown_dates import shown_in_both

BEGIN: Final = "shortage:begin"
END: Final = "shortage:end"


def propose_shortage(until_on: dt.date, *, by: Officer, at: dt.datetime) -> Proposal:
    """Raises `Denied`: `duty_missing`, `shortage_runs`, `until_unfit`."""
    _decide(until_on, at=at)
    proposed = Proposed(BEGIN, "stock", "shortage", {"until": until_on.isoformat()})
    return proposals.propose(proposed, by=by, at=at)


def propose_end(*, by: Officer, at: dt.datetime) -> Proposal:
    """Raises `Denied`: `duty_missing`, `no_shortage`."""
    running = production_queries.shortage_at(at)
    if running is None:
        raise Denied([production_rules.NO_SHORTAGE])
    proposed = Proposed(END, "stock", "shortage", {"until": running.until_on.isoformat()})
    return proposals.propose(proposed, by=by, at=at)


def _decide(until_on: dt.date, *, at: dt.datetime) -> None:
    runs = production_queries.shortage_at(at) is not None
    if denials := production_rules.shortage_denials(until_on=until_on, today=local_day(at), runs=runs):
        raise Denied(denials)


def _begin(proposal: Proposal, by: Officer, at: dt.datetime) -> None:
    until_on = dt.date.fromisoformat(str(proposal.facts()["until"]))
    _decide(until_on, at=at)
    ShortagePeriod.objects.create(
        from_at=at, until_on=until_on, proposed_by=proposal.proposed_by_id, confirmed_by=by.account_id
    )
    _record(BEGIN, proposal, by=by, at=at)


def _end(proposal: Proposal, by: Officer, at: dt.datetime) -> None:
    running = production_queries.shortage_at(at)
    if running is None:
        raise Denied([production_rules.NO_SHORTAGE])
    running.ended_at = at
    running.save(update_fields=["ended_at"])
    _record(END, proposal, by=by, at=at)


def _record(act: str, proposal: Proposal, *, by: Officer, at: dt.datetime) -> None:
    details = {"proposed_by": str(proposal.proposed_by_id), **proposal.facts()}
    audit.record(act, by=by, subject_kind="stock", subject_id="shortage", at=at, details=details)


def _in_words(proposal: Proposal) -> str:
    until = dt.date.fromisoformat(str(proposal.facts()["until"]))
    return str(_("%(day)s までの予定") % {"day": shown_in_both(until)})


ACTS: Final = (
    Act(BEGIN, _("カード不足時の発行の開始"), Duty.ISSUING, _begin, _in_words),
    Act(END, _("カード不足時の発行の終了"), Duty.ISSUING, _end, _in_words),
)
