"""A disaster: 花子 has a card within the hour with a photo ID only; the rest follows within six months, or it ends."""

import dataclasses
import datetime as dt
import io

import pytest
from django.urls import reverse
from pypdf import PdfReader

from hpki_server.authority.models import Card
from hpki_server.enrollment import printing, queries
from hpki_server.enrollment.entries import IdentityClaim
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import CaseKind, Part
from hpki_server.enrollment.services import applying, deciding, filling_in, holding
from hpki_server.enrollment.services.paper_route import PaperForm, start_paper_application
from hpki_server.lifecycle import queries as lifecycle
from hpki_server.lifecycle.events import LifePaper
from hpki_server.lifecycle.models import LifeCase, Notice
from hpki_server.lifecycle.services import lapsing, noticing, settling
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.models import Account, AuditLine, Proposal
from hpki_server.people.services import proposals
from tests import cast
from tests.hpki_server.authority import stage as authority_stage
from tests.hpki_server.enrollment import desk
from tests.hpki_server.lifecycle import stage, walking

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_place")]
QUAKE = stage.NOON
BOTH = [LifePaper.LICENCE_COPY, LifePaper.RESIDENCE_RECORD]


def noon_of(year: int, month: int, day: int) -> dt.datetime:
    return dt.datetime(year, month, day, 3, tzinfo=dt.UTC)


def started() -> Application:
    """花子 presses 緊急発行 on her own page."""
    page = cast.signed_in(cast.HANAKO)
    assert "失効し、使えなくなります" in page.get(reverse("enrollment:mine")).text
    answer = page.post(reverse("enrollment:mine"), {"kind": "emergency"})
    assert answer.status_code == 302
    return Application.objects.get(applicant=cast.account(cast.HANAKO))


def applied() -> Application:
    authority_stage.hierarchy()
    desk.offices()
    desk.registered()
    return walking.handed_in(started(), at=QUAKE)


@pytest.fixture
def card() -> Card:
    """Step after step with ten minutes between: in her hands before the hour is over."""
    minutes = [QUAKE + dt.timedelta(minutes=10 * step) for step in range(1, 5)]
    approved = walking.approved(applied(), at=minutes[0])
    made = walking.issued(approved, at=minutes[1])
    return walking.fetched(made, at=minutes[2])


def test_within_the_hour_and_marked_so(card: Card) -> None:
    assert card.state == Card.State.ACTIVE
    assert card.activated_at is not None
    assert card.activated_at - QUAKE < dt.timedelta(hours=1)
    case = LifeCase.objects.get(card=card)
    assert (case.event, case.state, case.due_on) == ("emergency", "papers", dt.date(2027, 5, 4))
    assert case.awaited == BOTH
    page = cast.signed_in(cast.HANAKO).get("/home/").text
    assert "緊急発行" in page
    front = PdfReader(io.BytesIO(printing.card_face(card, at=QUAKE).front_pdf)).pages[0]
    assert "緊急発行" in front.extract_text().replace(" ", "")


def test_after_the_hand_over_its_pages_tell_what_still_counts(card: Card) -> None:
    application = Application.objects.get(card=card)
    application.papers.filter(kind="photo").delete()
    papers = cast.signed_in(cast.HANAKO).get(f"/applications/{application.id}/papers/").text
    # A photo that was deleted when its term was over is asked for no more, and nothing is sent a second time.
    assert "医師免許証の写し" in papers
    assert "顔写真" not in papers
    assert "ご確認と送信" not in papers
    Card.objects.filter(id=card.id).update(state=Card.State.STOPPED)
    progress = cast.signed_in(cast.HANAKO).get(f"/applications/{application.id}/progress/").text
    assert "お使いいただけます" not in progress
    assert "もうお使いになれません" in progress
    assert "失効済み" in cast.signed_in(cast.HANAKO).get("/applications/").text


def test_nobody_is_asked_for_what_an_emergency_does_not_need() -> None:
    """No 住民票 before the card is made, and no postcard, which is never printed."""
    application = applied()
    page = f"/applications/{application.id}/progress/"
    sent = cast.signed_in(cast.HANAKO).get(page).text
    assert "写真付き身分証をお持ちください。" in sent
    assert "住民票の写し（原本）と" not in sent
    assert "ハガキ" not in sent
    assert "身分証と見比べて" in cast.signed_in(cast.TAKAHASHI).get(f"/intake/{application.id}/").text
    made = walking.issued(walking.approved(application, at=QUAKE), at=QUAKE)
    officers_page = cast.signed_in(cast.TANAKA).get(f"/issuing/{made.id}/").text
    assert "通知ハガキを印刷する" not in officers_page
    made.state = "notified"
    made.save()
    assert "写真付き身分証を、ご本人が" in cast.signed_in(cast.HANAKO).get(page).text
    assert "ハガキ" not in cast.signed_in(cast.HANAKO).get(page).text


def waiting_for_a_week(turn: int, state: str, beside: Application) -> Application:
    """Somebody else's first card."""
    person = Account.objects.create(
        username=f"{turn}@example.jp",
        name="申請者",
        kind=Account.Kind.APPLICANT,
        created_at=cast.EMPLOYED_AT,
    )
    return Application.objects.create(
        number=f"33-2026-00090{turn}",
        applicant=person,
        association=beside.association,
        state=state,
        state_since=QUAKE - dt.timedelta(days=7),
    )


def test_it_is_the_next_case_although_older_ones_wait() -> None:
    sent = applied()
    older = waiting_for_a_week(1, "taken_in", sent)
    waiting_for_a_week(2, "vetted", sent)
    clerk, sato, suzuki = (cast.officer(role, at=QUAKE) for role in (cast.TAKAHASHI, cast.SATO, cast.SUZUKI))
    before = dataclasses.replace(desk.ORIGINALS, residence_record=False)
    deciding.take_in(application_id=sent.id, originals=before, by=clerk, at=QUAKE)
    assert holding.take_next(duty=Duty.VETTING, by=sato, at=QUAKE) == sent
    assert list(queries.waiting(sato, Duty.VETTING)) == [sent, older]
    deciding.record_vetting(application_id=sent.id, papers=desk.ALL_FIT, by=sato, at=QUAKE)
    assert holding.take_next(duty=Duty.APPROVAL, by=suzuki, at=QUAKE) == sent


def test_what_came_on_paper_is_scanned_by_its_desk_afterwards() -> None:
    """No account, so no page at home: the desk scans the licence from the case, and then it counts."""
    authority_stage.hierarchy()
    desk.offices()
    desk.registered()
    clerk, tanaka = (cast.officer(role, at=QUAKE) for role in (cast.TAKAHASHI, cast.TANAKA))
    made = walking.issued(walking.approved(on_paper(), at=QUAKE), at=QUAKE)
    assert made.applicant is None
    case = LifeCase.objects.get(card=walking.fetched(made, at=QUAKE))
    url = reverse("lifecycle:case", args=[case.id])
    scans = reverse("enrollment:paper-papers", args=[made.id])
    desk_page = cast.signed_in(cast.TAKAHASHI)
    assert scans in desk_page.get(url).text
    assert desk_page.get(scans).status_code == 200
    assert not lifecycle.scans_late(case, tanaka)
    with pytest.raises(Denied, match="no_copy"):
        seen_by_desk(case, *BOTH, at=QUAKE)
    picture = desk.picture((1200, 900))
    filling_in.hand_in_licence(application_id=made.id, content=picture, by=clerk, at=QUAKE)
    seen_by_desk(case, *BOTH, at=QUAKE)
    judged(case, at=QUAKE)
    assert case.state == "closed"


def on_paper() -> Application:
    """A sheet without code, typed and scanned by 高橋; sent."""
    clerk, place = cast.officer(cast.TAKAHASHI, at=QUAKE), cast.organisation("okayama").id
    form = PaperForm(desk_id=place, kind=CaseKind.EMERGENCY)
    number = start_paper_application(form=form, by=clerk, at=QUAKE).id
    typed = {**desk.TYPED, "association": str(place)}
    filling_in.write_entries(application_id=number, typed=typed, entries=desk.entries(), by=clerk, at=QUAKE)
    filling_in.hand_in_photo(application_id=number, content=desk.picture(), by=clerk, at=QUAKE)
    filling_in.hand_in_identity(
        application_id=number,
        content=desk.picture((900, 600)),
        identity=IdentityClaim(walking.LICENCE, walking.in_term(QUAKE)),
        by=clerk,
        at=QUAKE,
    )
    return applying.submit_application(application_id=number, by=clerk, at=QUAKE)


def test_four_eyes_and_the_register_are_asked_all_the_same() -> None:
    authority_stage.hierarchy()
    desk.offices()
    sent = walking.handed_in(started(), at=QUAKE)
    with pytest.raises(Denied, match="registry_disagrees"):
        walking.approved(sent, at=QUAKE)


def test_completed_when_the_last_paper_is_seen(card: Card) -> None:
    case = LifeCase.objects.get(card=card)
    at = noon_of(2026, 12, 10)
    seen_by_desk(case, LifePaper.RESIDENCE_RECORD, at=at)
    walking.hand_in(Application.objects.get(card=card), Part.LICENCE, at=at)
    seen_by_desk(case, LifePaper.LICENCE_COPY, at=at)
    case.refresh_from_db()
    assert (case.state, case.awaited) == ("papers", []), "the centre has to look first"
    assert lapsing.lapse_overdue(at=noon_of(2027, 5, 5)) == (), "and costs nobody a card"
    judged(case, at=at)
    assert case.state == "closed"
    assert lapsing.lapse_overdue(at=noon_of(2027, 5, 5)) == ()
    assert stage.reasons(card) == stage.LIVING


def test_the_second_officer_sees_the_copies_and_a_no_asks_for_them_again(card: Card) -> None:
    case, at = LifeCase.objects.get(card=card), noon_of(2026, 12, 10)
    walking.hand_in(Application.objects.get(card=card), Part.LICENCE, at=at)
    seen_by_desk(case, *BOTH, at=at)
    proposal = Proposal.objects.get(act="life:close-emergency")
    with pytest.raises(Denied, match="duty_missing"):
        proposals.confirm(proposal.id, by=cast.officer(cast.TAKAHASHI, at=at), at=at)
    centre = cast.signed_in(cast.SUZUKI)
    page = reverse("lifecycle:closing", args=[proposal.id])
    assert page in centre.get(reverse("people:proposals")).text
    copy = reverse("lifecycle:closing-paper", args=[proposal.id, "licence"])
    assert copy in centre.get(page).text
    assert centre.get(copy).status_code == 200
    assert AuditLine.objects.filter(
        act="application:open-paper", by=str(cast.account(cast.SUZUKI).pk)
    ).exists()
    proposals.withdraw(proposal.id, by=cast.officer(cast.SUZUKI, at=at), at=at)
    case.refresh_from_db()
    assert (case.state, set(case.awaited)) == ("papers", set(BOTH))
    assert centre.get(page).status_code == 404
    assert lapsing.lapse_overdue(at=noon_of(2027, 5, 5)) == (case.id,)


def judged(case: LifeCase, *, at: dt.datetime) -> None:
    """The centre's officer confirms what the desk has proposed."""
    proposal = Proposal.objects.get(act="life:close-emergency", state="open")
    proposals.confirm(proposal.id, by=cast.officer(cast.SUZUKI, at=at), at=at)
    case.refresh_from_db()


def test_a_tick_alone_is_no_licence(card: Card) -> None:
    case = LifeCase.objects.get(card=card)
    with pytest.raises(Denied, match="no_copy"):
        seen_by_desk(case, *BOTH, at=noon_of(2026, 12, 10))
    case.refresh_from_db()
    assert (case.state, case.awaited) == ("papers", BOTH)


def seen_by_desk(case: LifeCase, *papers: LifePaper, at: dt.datetime) -> None:
    clerk = cast.officer(cast.TAKAHASHI, at=at)
    settling.receive_papers(case_id=case.id, papers=papers, by=clerk, at=at)


def test_lapsed_on_the_day_after_by_itself(card: Card) -> None:
    case = LifeCase.objects.get(card=card)
    for day in range(182):
        noticing.make_notices(at=QUAKE + dt.timedelta(days=day, hours=1))
    reminded = Notice.objects.filter(card=card, kind="emergency-papers", channel="page")
    assert reminded.count() == 6
    letters = Notice.objects.filter(card=card, kind="emergency-papers", channel="letter")
    assert {int(one.occasion.rpartition("-")[2]) for one in letters} == {60, 30, 14}
    at = noon_of(2027, 3, 1)
    walking.hand_in(Application.objects.get(card=card), Part.LICENCE, at=at)
    seen_by_desk(case, LifePaper.LICENCE_COPY, at=at)
    assert lapsing.lapse_overdue(at=noon_of(2027, 5, 4)) == ()
    assert stage.reasons(card) == stage.LIVING
    assert lapsing.lapse_overdue(at=noon_of(2027, 5, 5)) == (case.id,)
    assert lapsing.lapse_overdue(at=noon_of(2027, 5, 6)) == ()
    assert set(stage.reasons(card).values()) == {"cessationOfOperation"}
    case.refresh_from_db()
    assert (case.state, case.awaited) == ("lapsed", [LifePaper.RESIDENCE_RECORD])
    assert AuditLine.objects.filter(act="life:lapse", by="system").count() == 1
    assert Notice.objects.filter(card=card, kind="revoked", channel="letter").exists()
