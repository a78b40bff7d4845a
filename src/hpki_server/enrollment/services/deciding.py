"""What officers decide: take in at the desk, vet, approve, send back."""

import datetime as dt
from dataclasses import replace
from uuid import UUID

from django.db import transaction

from hpki_server.enrollment import other_cards, registry_match
from hpki_server.enrollment.models import Application, EntriesChecked, Occasion
from hpki_server.enrollment.rules import OriginalsSeen, PapersJudged, Part, ReturnReason, State, Step
from hpki_server.enrollment.services import appointments, identities
from hpki_server.enrollment.services.charging import charge_application
from hpki_server.enrollment.services.originals import note_original
from hpki_server.enrollment.services.record import (
    Remark,
    decide,
    locked,
    move,
    officer_case,
    typists_of,
    unchanged_since,
)
from hpki_server.people.officer import Officer
from hpki_server.people.services import proposals
from hpki_server.registry.models import RegistryEntry


@transaction.atomic
def take_in(
    *,
    application_id: UUID,
    originals: OriginalsSeen,
    by: Officer,
    at: dt.datetime,
    seen: dt.datetime | None = None,
) -> Application:
    """The desk has seen the original 住民票 and a photo ID in term.  `seen`: see `record.unchanged_since`."""
    application = locked(application_id)
    unchanged_since(application, seen)
    case, place = officer_case(application, Step.TAKE_IN, by=by, at=at)
    originals = identities.judged_originals(application, originals)
    decide(case, originals=originals)
    assert originals.identity_kind is not None  # noqa: S101 - the rules have just said so
    identities.keep_identity(application, Occasion.INTAKE, originals, by=by, at=at, place=place)
    if originals.residence_record and place is not None:
        note_original(application, Part.RESIDENCE, by=by, place=place, at=at)
    appointments.keep_open(application, at=at)
    application.taken_in_at = at
    application.shown_identity_kind = originals.identity_kind.value
    remark = Remark(identity=originals.identity_kind)
    move(application, Step.TAKE_IN, State.TAKEN_IN, by=by, at=at, place=place, remark=remark)
    return application


@transaction.atomic
def record_vetting(
    *,
    application_id: UUID,
    papers: PapersJudged,
    by: Officer,
    at: dt.datetime,
    seen: dt.datetime | None = None,
) -> Application:
    """The first officer's yes: the copies fit and the registry agrees in all four items."""
    application = locked(application_id)
    unchanged_since(application, seen)
    says = registry_match.registry_says(application)
    case, place = officer_case(application, Step.VET, by=by, at=at)
    proposals.require_apart(typists_of(application), by, at=at)
    decide(case, facts=registry_match.with_registry(case.facts, says), papers=papers)
    application.vetted_by_id = by.account_id
    application.registry_entry_id = says.entry_id
    EntriesChecked.objects.create(
        application=application,
        checked_at=at,
        checked_by_id=by.account_id,
        fields=sorted(field.value for field in papers.fields),
    )
    move(application, Step.VET, State.VETTED, by=by, at=at, place=place)
    return application


@transaction.atomic
def approve_application(
    *, application_id: UUID, by: Officer, at: dt.datetime, seen: dt.datetime | None = None
) -> Application:
    """The second officer's yes.  The registry is asked again, it may have changed; and nobody gets a second card."""
    application = locked(application_id)
    unchanged_since(application, seen)
    says = registry_match.registry_says(application)
    # Two approvals of one person at one moment: the second sees the first.
    if says.entry_id is not None:
        RegistryEntry.objects.select_for_update().get(id=says.entry_id)
    case, place = officer_case(application, Step.APPROVE, by=by, at=at)
    proposals.require_apart({application.vetted_by_id, *typists_of(application)}, by, at=at)
    facts = replace(
        case.facts,
        has_another_card=other_cards.has_another(application, case.act.on),
        replaces_a_stranger=other_cards.replaces_a_stranger(application),
    )
    decide(case, facts=registry_match.with_registry(facts, says))
    charge_application(application, by=by, at=at)
    application.approved_by_id = by.account_id
    application.registry_entry_id = says.entry_id
    move(application, Step.APPROVE, State.APPROVED, by=by, at=at, place=place)
    return application


@transaction.atomic
def return_application(
    *,
    application_id: UUID,
    reasons: frozenset[ReturnReason],
    note: str,
    by: Officer,
    at: dt.datetime,
    seen: dt.datetime | None = None,
) -> Application:
    """不備返送: back to the applicant with reason codes; only the named parts open for correction."""
    application = locked(application_id)
    unchanged_since(application, seen)
    case, place = officer_case(application, Step.RETURN, by=by, at=at)
    decide(case, reasons=reasons)
    # What an earlier vetting found ends here; whoever looks next looks anew.
    application.vetted_by = application.registry_entry = None
    remark = Remark(reasons, note)
    move(application, Step.RETURN, State.RETURNED, by=by, at=at, place=place, remark=remark)
    return application
