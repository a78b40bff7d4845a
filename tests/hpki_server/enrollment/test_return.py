"""不備返送, and the way back."""

import datetime as dt
import re
from dataclasses import replace

import pytest

from hpki_server.enrollment.models import Application
from hpki_server.enrollment.rules import Part, ReturnReason
from hpki_server.enrollment.services import applying, deciding
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from tests import cast
from tests.hpki_server.enrollment.desk import (
    NOON,
    ORIGINALS,
    TYPED,
    entries,
    picture,
    registered,
    submitted,
    taken_in,
    vetted,
)

pytestmark = pytest.mark.django_db
LATER = NOON + dt.timedelta(hours=1)


def sent_back(
    application: Application, role: cast.Role, *reasons: ReturnReason, note: str = ""
) -> Application:
    return deciding.return_application(
        application_id=application.id, reasons=frozenset(reasons), note=note, by=cast.officer(role), at=NOON
    )


def test_a_dark_photo_comes_back_and_only_the_photo_opens() -> None:
    application = sent_back(taken_in(), cast.SATO, ReturnReason.PHOTO_UNCLEAR, note="明るい場所で")
    hanako = cast.account(cast.HANAKO)
    assert application.state == "returned"
    with pytest.raises(Denied) as denied:
        applying.write_entries(
            application_id=application.id, typed=TYPED, entries=entries(), by=hanako, at=NOON
        )
    assert denied.value.codes == ("part_closed",)
    with pytest.raises(Denied) as denied:
        applying.resubmit_application(application_id=application.id, by=hanako, at=LATER)
    assert denied.value.codes == ("papers_awaited",)
    applying.hand_in_photo(application_id=application.id, content=picture((1400, 1800)), by=hanako, at=LATER)
    again = applying.resubmit_application(application_id=application.id, by=hanako, at=LATER)
    # The desk has seen the originals already: straight back to the vetting, under the same number.
    assert (again.state, again.number) == ("taken_in", "33-2026-000001")


def test_changed_entries_pass_the_desk_again() -> None:
    application = sent_back(taken_in(), cast.SATO, ReturnReason.ENTRIES_DIFFER)
    hanako = cast.account(cast.HANAKO)
    page = f"/applications/{application.id}/progress/"
    assert "もう一度窓口へお越しいただきます" in cast.signed_in(cast.HANAKO).get(page).text
    applying.write_entries(application_id=application.id, typed=TYPED, entries=entries(), by=hanako, at=NOON)
    again = applying.resubmit_application(application_id=application.id, by=hanako, at=NOON)
    assert again.state == "submitted"
    assert "直されたため、原本ともう一度" in cast.signed_in(cast.HANAKO).get(page).text


def test_an_original_that_the_examiner_missed_is_looked_at_once_more() -> None:
    application = sent_back(taken_in(), cast.SATO, ReturnReason.RESIDENCE_RECORD_MISSING)
    page = cast.signed_in(cast.HANAKO).get(f"/applications/{application.id}/progress/").text
    assert "送信のあと、原本をお持ちのうえ" in page
    assert "確認済み" not in page
    again = applying.resubmit_application(
        application_id=application.id, by=cast.account(cast.HANAKO), at=LATER
    )
    assert again.state == "submitted"
    assert 'name="residence_record"' in cast.signed_in(cast.TAKAHASHI).get(f"/intake/{application.id}/").text
    clerk, unseen = cast.officer(cast.TAKAHASHI, at=LATER), replace(ORIGINALS, residence_record=False)
    with pytest.raises(Denied) as denied:
        deciding.take_in(application_id=application.id, originals=unseen, by=clerk, at=LATER)
    assert denied.value.codes == ("residence_record_not_seen",)
    deciding.take_in(application_id=application.id, originals=ORIGINALS, by=clerk, at=LATER)
    again.refresh_from_db()
    assert Part.RESIDENCE in again.facts().originals_seen


def test_what_an_earlier_vetting_found_does_not_count_any_more() -> None:
    application = sent_back(vetted(), cast.SUZUKI, ReturnReason.PHOTO_UNCLEAR)
    assert application.vetted_by is None
    assert application.registry_entry is None


def test_a_return_needs_a_reason_code_and_the_trace_holds_codes_only() -> None:
    application = submitted()
    with pytest.raises(Denied) as denied:
        sent_back(application, cast.TAKAHASHI, note="だめです")
    assert denied.value.codes == ("reasons_missing",)
    sent_back(application, cast.TAKAHASHI, ReturnReason.PHOTO_UNCLEAR, note="渡邉様、暗いです")
    line = AuditLine.objects.get(act="application:return")
    assert line.facts()["reasons"] == "photo-unclear"
    assert "渡邉" not in line.details


@pytest.mark.parametrize("role", [cast.SATO, cast.OSAKA_CLERK, cast.SUZUKI])
def test_only_who_holds_the_application_sends_it_back(role: cast.Role) -> None:
    with pytest.raises(Denied) as denied:
        sent_back(submitted(), role, ReturnReason.PHOTO_UNCLEAR)
    assert denied.value.codes == ("no_duty",)


def test_hanako_withdraws_and_may_begin_anew() -> None:
    application, hanako = taken_in(), cast.account(cast.HANAKO)
    done = applying.withdraw_application(application_id=application.id, by=hanako, at=NOON)
    assert done.state == "withdrawn"
    assert applying.start_application(by=hanako, at=NOON) != application


def test_nobody_withdraws_for_hanako() -> None:
    with pytest.raises(Denied) as denied:
        applying.withdraw_application(application_id=taken_in().id, by=cast.account(cast.MALLORY), at=NOON)
    assert denied.value.codes == ("not_the_applicant",)


def test_a_page_that_lay_open_meanwhile_decides_nothing_about_what_it_never_showed() -> None:
    application = taken_in()
    registered()
    sato, hanako = cast.signed_in(cast.SATO), cast.account(cast.HANAKO)
    page = f"/vetting/{application.id}/"
    [stale] = re.findall(r'name="seen" value="([^"]+)"', sato.get(page).text)
    sent_back(application, cast.SATO, ReturnReason.PHOTO_UNCLEAR)
    applying.hand_in_photo(application_id=application.id, content=picture((1400, 1800)), by=hanako, at=LATER)
    applying.resubmit_application(application_id=application.id, by=hanako, at=LATER)
    ticks = dict.fromkeys(re.findall(r'type="checkbox" name="([^"]+)"', sato.get(page).text), "on")
    refused = sato.post(page, ticks | {"seen": stale})
    assert refused.status_code == 422
    assert "画面を開いたあとに変わりました" in refused.text
    [fresh] = re.findall(r'name="seen" value="([^"]+)"', refused.text)
    assert sato.post(page, ticks | {"seen": fresh}).status_code == 302
    application.refresh_from_db()
    assert application.state == "vetted"
