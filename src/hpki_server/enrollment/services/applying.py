"""What an applicant does: begin, write, hand in papers, submit, correct, withdraw."""

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment import papers, rules
from hpki_server.enrollment.forms import Entries, IdentityClaim
from hpki_server.enrollment.models import (
    Application,
    ApplicationPaper,
    NumberSequence,
    StateChange,
    number_of,
)
from hpki_server.enrollment.papers import Paper
from hpki_server.enrollment.photo_rules import photo_denials
from hpki_server.enrollment.queries import PAPER_PURPOSE
from hpki_server.enrollment.rules import Part, State, Step
from hpki_server.enrollment.services.charging import end_charges
from hpki_server.enrollment.services.record import applicant_case, day_of, decide, leave_line, locked, move
from hpki_server.people import audit
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.models import Account
from hpki_server.people.sealing import seal


def part_closed(application: Application, part: Part, by: Account) -> list[Denial]:
    """May the applicant change this part now?"""
    facts = application.facts()
    if facts.applicant_id != by.pk:
        return [Denial("not_the_applicant", _("申請したご本人だけが行えます。"))]
    if part in rules.parts_open(facts):
        return []
    return [
        Denial("part_closed", _("この部分は、いまは変更できません。お急ぎのときは医師会にお電話ください。"))
    ]


@transaction.atomic
def start_application(*, by: Account, at: dt.datetime) -> Application:
    """The open application of this person, or a new draft: a second press of the button makes no second one."""
    Account.objects.select_for_update().get(id=by.pk)
    done = [State.ACTIVE.value, State.WITHDRAWN.value]
    if begun := Application.objects.filter(applicant=by).exclude(state__in=done).first():
        return begun
    application = Application.objects.create(
        applicant=by, email=by.username, state=State.DRAFT.value, state_since=at
    )
    StateChange.objects.create(
        application=application, step=Step.START.value, to_state=State.DRAFT.value, at=at, by=by
    )
    leave_line(application, Step.START, by=by, at=at)
    return application


@transaction.atomic
def keep_typed(*, application_id: UUID, typed: Mapping[str, str], by: Account) -> None:
    """Keep what stands in the fields, right or wrong.  A draft is not an act, so the audit chain is not asked."""
    application = locked(application_id)
    if closed := part_closed(application, Part.ENTRIES, by):
        raise Denied(closed)
    if application.typed != dict(typed):
        application.typed, application.entries_complete = dict(typed), False
        application.save(update_fields=["typed", "entries_complete"])


@transaction.atomic
def write_entries(
    *, application_id: UUID, typed: Mapping[str, str], entries: Entries, by: Account, at: dt.datetime
) -> Application:
    """Take over entries that are well formed, and how they were typed."""
    application = locked(application_id)
    if closed := part_closed(application, Part.ENTRIES, by):
        raise Denied(closed)
    application.typed, application.entries_complete = dict(typed), True
    for name, value in dataclasses.asdict(entries).items():
        setattr(application, name, value)
    application.save()
    audit.record("application:write", by=by, subject_kind="application", subject_id=application.id, at=at)
    return application


def hand_in_photo(*, application_id: UUID, content: bytes, by: Account, at: dt.datetime) -> ApplicationPaper:
    """A portrait that fits the card face; raises `Denied` with every reason, or `PaperRefused`."""
    photo = papers.read_photo(content)
    if unfit := photo_denials(photo.facts):
        raise Denied(unfit)
    with transaction.atomic():
        application = locked(application_id)
        return _keep(application, Part.PHOTO, photo.paper, by=by, at=at)


def hand_in_licence(
    *, application_id: UUID, content: bytes, by: Account, at: dt.datetime
) -> ApplicationPaper:
    """A copy of the 医師免許証; raises `PaperRefused`."""
    paper = papers.read_paper(content)
    with transaction.atomic():
        application = locked(application_id)
        return _keep(application, Part.LICENCE, paper, by=by, at=at)


def hand_in_identity(
    *, application_id: UUID, content: bytes, identity: IdentityClaim, by: Account, at: dt.datetime
) -> ApplicationPaper:
    """A copy of one of the six photo IDs, in term today; raises `Denied` or `PaperRefused`."""
    if not rules.in_term(identity.kind, identity.expires_on, day_of(at)):
        raise Denied([rules.IDENTITY_EXPIRED if identity.expires_on else rules.IDENTITY_TERM_MISSING])
    paper = papers.read_paper(content)
    with transaction.atomic():
        application = locked(application_id)
        kept = _keep(application, Part.IDENTITY, paper, by=by, at=at)
        application.identity_kind = identity.kind.value
        application.identity_expires_on = identity.expires_on
        application.save(update_fields=["identity_kind", "identity_expires_on"])
        return kept


def _keep(
    application: Application, part: Part, paper: Paper, *, by: Account, at: dt.datetime
) -> ApplicationPaper:
    if closed := part_closed(application, part, by):
        raise Denied(closed)
    digest = hashlib.sha256(paper.content).hexdigest()
    kept, _created = ApplicationPaper.objects.update_or_create(
        application=application,
        kind=part.value,
        defaults={
            "media_type": paper.media_type,
            "sealed": seal(paper.content, purpose=PAPER_PURPOSE),
            "sha256": digest,
            "uploaded_at": at,
        },
    )
    audit.record(
        "application:hand-in",
        by=by,
        subject_kind="application",
        subject_id=application.id,
        at=at,
        details={"part": part.value, "sha256": digest},
    )
    return kept


@transaction.atomic
def submit_application(*, application_id: UUID, by: Account, at: dt.datetime) -> Application:
    application = locked(application_id)
    decide(applicant_case(application, Step.SUBMIT, by=by, at=at))
    application.number = _next_number(application, day_of(at))
    application.submitted_at = at
    move(application, Step.SUBMIT, State.SUBMITTED, by=by, at=at)
    return application


def _next_number(application: Application, on: dt.date) -> str:
    association = application.association
    if association is None:
        raise ValueError(f"application {application.id} names no association")
    prefecture = association.code[:2]
    sequence, _created = NumberSequence.objects.select_for_update().get_or_create(
        prefecture=prefecture, year=on.year
    )
    sequence.last += 1
    sequence.save(update_fields=["last"])
    return number_of(prefecture, on, sequence.last)


@transaction.atomic
def resubmit_application(*, application_id: UUID, by: Account, at: dt.datetime) -> Application:
    """A returned application goes back to whoever has to look at what was changed."""
    application = locked(application_id)
    decide(applicant_case(application, Step.RESUBMIT, by=by, at=at))
    to = rules.state_after_resubmission(application.facts())
    application.vetted_by = application.registry_entry = None
    move(application, Step.RESUBMIT, to, by=by, at=at)
    return application


@transaction.atomic
def withdraw_application(*, application_id: UUID, by: Account, at: dt.datetime) -> Application:
    application = locked(application_id)
    decide(applicant_case(application, Step.WITHDRAW, by=by, at=at))
    end_charges(application, by=by, at=at)
    move(application, Step.WITHDRAW, State.WITHDRAWN, by=by, at=at)
    return application
