"""Copies that were kept long enough are deleted, each with its line in the audit chain."""

import datetime as dt
from importlib.resources import files
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from hpki_server.enrollment.models import Application, ApplicationPaper
from hpki_server.enrollment.rules import Part, State
from hpki_server.enrollment.rules.retention import Exempt, Kept, Term, expired_by, read_exempt, read_terms
from hpki_server.enrollment.services.record import day_of, locked
from hpki_server.people import audit

# One turn of the recurring work; the rest comes at the next.
COPIES_A_TURN = 500


def terms() -> tuple[Term, ...]:
    """The operator's table, where there is one (var/retention.csv); ours otherwise."""
    return read_terms(_table())


def exempt() -> tuple[Exempt, ...]:
    """What the same table names as kept without a term, each with its reason."""
    return read_exempt(_table())


def _table() -> list[str]:
    own = Path(settings.VAR) / "retention.csv"
    if own.exists():
        return own.read_text(encoding="utf-8-sig").splitlines()
    ours = files("hpki_server.enrollment").joinpath("data/retention.csv")
    return ours.read_text(encoding="utf-8").splitlines()


def delete_expired_copies(*, at: dt.datetime, most: int = COPIES_A_TURN) -> int:
    """How many copies went.  Each goes in a transaction of its own, so the work may be cut off anywhere."""
    table, gone = terms(), 0
    for term in table:
        for paper_id in _past(term, at)[: most - gone]:
            gone += _delete(paper_id, table, at=at)
    return gone


def _past(term: Term, at: dt.datetime) -> QuerySet[ApplicationPaper, UUID]:
    """Copies that this term has outlived and for which it counts, oldest first.

    The bounds of `rules.retention.expired_by` stand in the query, so that copies for which the term does not count
    never fill a turn; the rule itself is asked once more at each.
    """
    last = day_of(at) - dt.timedelta(days=term.days)
    if term.valid_until is not None:
        last = min(last, term.valid_until)
    begins, ends = _midnight(term.valid_from), _midnight(last + dt.timedelta(days=1))
    resting = ApplicationPaper.objects.filter(
        Q(application__state_since__gte=begins) | Q(uploaded_at__gte=begins),
        kind__in=sorted(part.value for part in term.parts),
        application__state=term.state.value,
        application__state_since__lt=ends,
        uploaded_at__lt=ends,
    )
    return resting.order_by("application__state_since", "id").values_list("id", flat=True)


def _midnight(day: dt.date) -> dt.datetime:
    """Where the day begins in Japan, as `day_of` counts."""
    return dt.datetime.combine(day, dt.time.min, ZoneInfo(settings.TIME_ZONE))


@transaction.atomic
def _delete(paper_id: UUID, table: tuple[Term, ...], *, at: dt.datetime) -> int:
    """Looked at once more under the case's lock: it may have been sent or replaced meanwhile."""
    paper = ApplicationPaper.objects.filter(id=paper_id).defer("sealed").first()
    if paper is None:
        return 0
    application = locked(paper.application_id)
    term = expired_by(_kept(paper, application), table, day_of(at))
    if term is None:
        return 0
    part, digest = paper.kind, paper.sha256
    ApplicationPaper.objects.filter(id=paper_id).delete()
    audit.record(
        "application:expire-paper",
        by="system",
        subject_kind="application",
        subject_id=application.id,
        at=at,
        details={"part": part, "sha256": digest, "rule": term.code},
    )
    return 1


def _kept(paper: ApplicationPaper, application: Application) -> Kept:
    since = max(application.state_since, paper.uploaded_at)
    return Kept(Part(paper.kind), State(application.state), day_of(since))
