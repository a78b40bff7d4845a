"""A closed application that was kept long enough loses what tells of the person; what happened to it stays."""

import datetime as dt
from importlib.resources import files
from pathlib import Path
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from hpki_server.enrollment.models import Application, IdentitySeen, PickupCheck, PickupVisit, StateChange
from hpki_server.enrollment.rules import FaceName, State
from hpki_server.enrollment.rules.closed_terms import (
    ClosedCase,
    ClosedTerm,
    CountsFrom,
    minimised_by,
    read_closed_terms,
)
from hpki_server.enrollment.services.record import day_of, locked
from hpki_server.people import audit

# One turn of the recurring work; the rest comes at the next.
CASES_A_TURN: Final = 200
# What remains: number, kind, state, days, place, officers, card, account, and whether the person was a member.
TEXTS: Final = (
    "family_name",
    "given_name",
    "family_kana",
    "given_kana",
    "family_romaji",
    "given_romaji",
    "former_family_name",
    "former_family_kana",
    "former_family_romaji",
    "alias_family_name",
    "alias_given_name",
    "alias_family_kana",
    "alias_given_kana",
    "alias_family_romaji",
    "alias_given_romaji",
    "sex",
    "registration_number",
    "member_id",
    "postal_code",
    "address",
    "phone",
    "email",
    "identity_kind",
    "shown_identity_kind",
)
WITHOUT: Final = (
    "born_on",
    "registered_on",
    "identity_expires_on",
    "identity_issued_on",
    "registry_entry",
    "form_code",
)


def terms() -> tuple[ClosedTerm, ...]:
    """The operator's table, where there is one (var/application-retention.csv); ours otherwise."""
    own = Path(settings.VAR) / "application-retention.csv"
    if own.exists():
        return read_closed_terms(own.read_text(encoding="utf-8-sig").splitlines())
    ours = files("hpki_server.enrollment").joinpath("data/application-retention.csv")
    return read_closed_terms(ours.read_text(encoding="utf-8").splitlines())


def minimise_closed(*, at: dt.datetime, most: int = CASES_A_TURN) -> int:
    """How many applications lost their entries.  Each in a transaction of its own, so the work may be cut off anywhere."""
    table, done = terms(), 0
    for term in table:
        for application_id in _past(term, at)[: most - done]:
            done += _minimise(application_id, table, at=at)
    return done


def _past(term: ClosedTerm, at: dt.datetime) -> QuerySet[Application, UUID]:
    """Those that this term may have outlived, oldest first; the rule itself is asked once more at each."""
    # A day more is looked at: days begin at midnight in Japan.
    latest = at - dt.timedelta(days=term.days - 1)
    cases = Application.objects.filter(
        state=term.state.value, minimised_at__isnull=True, papers__isnull=True, state_since__lte=latest
    )
    # What was closed before the rule counted would fill every turn.
    cases = cases.filter(state_since__gte=_midnight(term.valid_from))
    if term.valid_until is not None:
        cases = cases.filter(state_since__lt=_midnight(term.valid_until + dt.timedelta(days=1)))
    if term.counts_from is CountsFrom.CARD_END:
        last = day_of(at) - dt.timedelta(days=term.days)
        cases = cases.exclude(card__expires_on__gt=last)
    return cases.order_by("state_since", "id").values_list("id", flat=True)


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.min, ZoneInfo(settings.TIME_ZONE))


@transaction.atomic
def _minimise(application_id: UUID, table: tuple[ClosedTerm, ...], *, at: dt.datetime) -> int:
    application = locked(application_id)
    term = None if application.minimised_at else minimised_by(_facts(application), table, day_of(at))
    if term is None:
        return 0
    for name in TEXTS:
        setattr(application, name, "")
    for name in WITHOUT:
        setattr(application, name, None)
    application.typed, application.face_name = {}, FaceName.LEGAL.value
    application.former_name_on_paper = application.special_permanent_resident = False
    application.minimised_at = at
    application.save()
    IdentitySeen.objects.filter(application=application).delete()
    PickupCheck.objects.filter(application=application).update(number_hash="", identity_expires_on=None)
    # An officer's own words may tell of the person.
    StateChange.objects.filter(application=application).exclude(note="").update(note="")
    PickupVisit.objects.filter(application=application).exclude(note="").update(note="")
    audit.record(
        "application:minimise",
        by="system",
        subject_kind="application",
        subject_id=application.id,
        at=at,
        organisation=application.association_id,
        details={"number": application.number, "state": application.state, "rule": term.code},
    )
    return 1


def _facts(application: Application) -> ClosedCase:
    return ClosedCase(
        state=State(application.state),
        closed_on=day_of(application.state_since),
        card_ends_on=application.card.expires_on if application.card else None,
        copies=application.papers.count(),
    )
