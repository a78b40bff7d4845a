"""What filling in an application does in the same way on the web and at a desk that types from paper."""

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment import papers, rules
from hpki_server.enrollment.entries import Entries, IdentityClaim
from hpki_server.enrollment.models import Application, ApplicationPaper, EntryTypist
from hpki_server.enrollment.papers import Crop, Paper
from hpki_server.enrollment.photo_rules import photo_denials
from hpki_server.enrollment.queries import PAPER_PURPOSE
from hpki_server.enrollment.rules import Part
from hpki_server.enrollment.services.record import Filler, day_of, entry_place, locked
from hpki_server.people import audit
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.officer import Officer
from hpki_server.people.sealing import seal


def part_closed(application: Application, part: Part, by: Filler) -> list[Denial]:
    """May this part be changed now, by this person?"""
    if isinstance(by, Officer):
        if entry_place(application, by) is None:
            return [Denial("no_duty", _("この申請を扱う権限がありません。"))]
    elif application.applicant_id != by.pk:
        return [Denial("not_the_applicant", _("申請したご本人だけが行えます。"))]
    if part in rules.parts_open(application.facts()):
        return []
    return [
        Denial("part_closed", _("この部分は、いまは変更できません。お急ぎのときは医師会にお電話ください。"))
    ]


def note_typist(application: Application, by: Filler) -> None:
    """Four eyes on paper: everybody who put a hand to the entries has seen them, not only who began the sheet."""
    if isinstance(by, Officer):
        EntryTypist.objects.get_or_create(application=application, account_id=by.account_id)


@transaction.atomic
def keep_typed(*, application_id: UUID, typed: Mapping[str, str], by: Filler) -> None:
    """Keep what stands in the fields, right or wrong.  A draft is not an act, so the audit chain is not asked."""
    application = locked(application_id)
    if closed := part_closed(application, Part.ENTRIES, by):
        raise Denied(closed)
    note_typist(application, by)
    if application.typed != dict(typed):
        application.typed, application.entries_complete = dict(typed), False
        application.save(update_fields=["typed", "entries_complete"])


@transaction.atomic
def write_entries(
    *, application_id: UUID, typed: Mapping[str, str], entries: Entries, by: Filler, at: dt.datetime
) -> Application:
    """Take over entries that are well formed, and how they were typed.  Raises `Denied`: also `alias_not_allowed`."""
    application = locked(application_id)
    if closed := part_closed(application, Part.ENTRIES, by):
        raise Denied(closed)
    if entries.names_alias and not entries.special_permanent_resident:
        raise Denied([rules.ALIAS_NOT_ALLOWED])
    note_typist(application, by)
    application.typed, application.entries_complete = dict(typed), True
    for name, value in dataclasses.asdict(entries).items():
        setattr(application, name, value)
    application.email = entries.email or application.email
    application.save()
    audit.record(
        "application:write",
        by=by,
        subject_kind="application",
        subject_id=application.id,
        at=at,
        organisation=place_of_filler(application, by),
    )
    return application


def hand_in_photo(
    *, application_id: UUID, content: bytes, by: Filler, at: dt.datetime, crop: Crop | None = None
) -> ApplicationPaper:
    """A portrait that fits the card face; raises `Denied` with every reason, or `PaperRefused`."""
    photo = papers.read_photo(content, crop)
    if unfit := photo_denials(photo.facts):
        raise Denied(unfit)
    with transaction.atomic():
        application = locked(application_id)
        return _keep(application, Part.PHOTO, photo.paper, by=by, at=at)


def hand_in_copy(
    *, application_id: UUID, part: Part, content: bytes, by: Filler, at: dt.datetime
) -> ApplicationPaper:
    """A copy of a paper that is neither photo nor photo ID; raises `Denied` or `PaperRefused`."""
    if part in {Part.PHOTO, Part.IDENTITY} or part not in rules.PAPERS:
        raise ValueError(f"{part} is handed in another way")
    paper = papers.read_paper(content)
    with transaction.atomic():
        application = locked(application_id)
        return _keep(application, part, paper, by=by, at=at)


def hand_in_licence(*, application_id: UUID, content: bytes, by: Filler, at: dt.datetime) -> ApplicationPaper:
    """A copy of the 医師免許証; raises `PaperRefused`."""
    return hand_in_copy(application_id=application_id, part=Part.LICENCE, content=content, by=by, at=at)


def hand_in_identity(
    *, application_id: UUID, content: bytes, identity: IdentityClaim, by: Filler, at: dt.datetime
) -> ApplicationPaper:
    """A copy of one of the six photo IDs, in term today; raises `Denied` or `PaperRefused`."""
    if not rules.in_term(identity.kind, identity.expires_on, day_of(at)):
        raise Denied([rules.IDENTITY_EXPIRED if identity.expires_on else rules.IDENTITY_TERM_MISSING])
    if not rules.issued_late_enough(identity.kind, identity.issued_on):
        raise Denied([rules.IDENTITY_TOO_OLD])
    paper = papers.read_paper(content)
    with transaction.atomic():
        application = locked(application_id)
        kept = _keep(application, Part.IDENTITY, paper, by=by, at=at)
        application.identity_kind = identity.kind.value
        application.identity_expires_on = identity.expires_on
        application.identity_issued_on = identity.issued_on
        application.save(update_fields=["identity_kind", "identity_expires_on", "identity_issued_on"])
        return kept


def _keep(
    application: Application, part: Part, paper: Paper, *, by: Filler, at: dt.datetime
) -> ApplicationPaper:
    if closed := part_closed(application, part, by):
        raise Denied(closed)
    note_typist(application, by)
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
        organisation=place_of_filler(application, by),
        details={"part": part.value, "sha256": digest},
    )
    return kept


def place_of_filler(application: Application, by: Filler) -> UUID | None:
    return entry_place(application, by) if isinstance(by, Officer) else None
