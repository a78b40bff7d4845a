"""What a desk wrote without network is sent later: once, whatever is lost on the way, and by whoever wrote it."""

import datetime as dt
import json
import uuid

import pytest
from django.test import Client
from django.urls import reverse

from hpki_server.enrollment.models import (
    Application,
    DeskEntry,
    IdentitySeen,
    OriginalSeen,
    PickupVisit,
    StateChange,
)
from hpki_server.enrollment.rules import ReturnReason
from hpki_server.enrollment.services import applying, deciding
from hpki_server.enrollment.services.desk_entries import DeskMessage, payload_hash, receive, vault_key
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from tests import cast
from tests.hpki_server.enrollment import desk
from tests.hpki_server.enrollment.desk import NOON

pytestmark = pytest.mark.django_db
WRITTEN = NOON - dt.timedelta(hours=1)


def intake(application: Application, **changed: object) -> DeskMessage:
    facts: dict[str, object] = {
        "nonce": uuid.uuid4(),
        "kind": DeskEntry.Kind.INTAKE,
        "number": application.number,
        "claimed_at": WRITTEN,
        "payload_hash": payload_hash(b"intake"),
        "originals": desk.ORIGINALS,
    }
    return DeskMessage(**(facts | changed))  # type: ignore[arg-type]  # fields by name


def received(message: DeskMessage, role: cast.Role = cast.TAKAHASHI, *, at: dt.datetime = NOON) -> DeskEntry:
    return receive(message, by=cast.officer(role), at=at)


def test_an_entry_that_is_sent_again_and_again_is_done_once() -> None:
    message = intake(desk.submitted())
    outcomes = [received(message).outcome for _ in range(3)]
    assert outcomes == ["done"] * 3
    assert StateChange.objects.filter(step="take-in").count() == 1
    assert IdentitySeen.objects.count() == OriginalSeen.objects.count() == DeskEntry.objects.count() == 1
    assert AuditLine.objects.filter(act="application:take-in").count() == 1


def test_a_nonce_means_one_content_and_one_officer() -> None:
    message = intake(desk.submitted())
    received(message)
    other_content = intake(desk.draft(cast.KEN), nonce=message.nonce, payload_hash=payload_hash(b"other"))
    for again, role in ((other_content, cast.TAKAHASHI), (message, cast.OSAKA_CLERK)):
        with pytest.raises(Denied) as denied:
            received(again, role)
        assert denied.value.codes == ("nonce_reused",)


def test_a_case_that_moved_on_meanwhile_is_told_and_stays_as_it_is() -> None:
    application = desk.submitted()
    applying.withdraw_application(application_id=application.id, by=cast.account(cast.HANAKO), at=NOON)
    entry = received(intake(application))
    assert (entry.outcome, [one["code"] for one in entry.codes]) == ("refused", ["wrong_state"])
    assert Application.objects.get().state == "withdrawn"
    assert not IdentitySeen.objects.exists()
    assert AuditLine.objects.get(act="desk:refuse-entry").facts()["denial"] == "wrong_state"
    # Asked again, the same answer: the officer writes it anew under a new nonce, or drops it.
    assert received(intake(application, nonce=entry.nonce)).outcome == "refused"
    assert AuditLine.objects.filter(act="desk:refuse-entry").count() == 1


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"number": "33-2026-999999"}, "no_such_case"),
        ({"claimed_at": NOON - dt.timedelta(days=8)}, "sent_too_late"),
        ({"claimed_at": NOON + dt.timedelta(hours=1)}, "clock_ahead"),
    ],
)
def test_what_cannot_be_is_refused_with_its_code(changed: dict[str, object], code: str) -> None:
    entry = received(intake(desk.submitted(), **changed))
    assert [one["code"] for one in entry.codes] == [code]


def test_another_desk_sends_nothing_for_this_case() -> None:
    entry = received(intake(desk.submitted()), cast.OSAKA_CLERK)
    assert [one["code"] for one in entry.codes] == ["no_duty"]


def test_a_vault_opens_for_its_officer_only() -> None:
    hers, his = cast.account(cast.TAKAHASHI).pk, cast.account(cast.OSAKA_CLERK).pk
    assert vault_key(hers) == vault_key(hers)
    assert vault_key(hers) != vault_key(his)
    assert len(vault_key(hers)) == 32


def posted(client: Client, application: Application, **changed: object) -> tuple[int, dict[str, object]]:
    facts = {
        "nonce": str(uuid.uuid4()),
        "kind": "intake",
        "number": application.number,
        "claimed_at": dt.datetime.now(tz=dt.UTC).isoformat(),  # noqa: TID251 - the page reads the real clock
        "fields": {
            "met_applicant": "on",
            "residence_record": "on",
            "identity_kind": "driving-licence",
            "identity_number": desk.LICENCE_NUMBER,
            "identity_expires_on": "令和11年7月2日",
        },
    }
    answer = client.post(
        reverse("enrollment:desk-send"), json.dumps(facts | changed), content_type="application/json"
    )
    return answer.status_code, answer.json()


def test_the_desk_sends_and_the_number_is_kept_as_a_hash_only() -> None:
    application, clerk = desk.submitted(), cast.signed_in(cast.TAKAHASHI)
    status, said = posted(clerk, application)
    assert (status, said["outcome"], said["state"]) == (200, "done", "審査待ち")
    seen = IdentitySeen.objects.get()
    assert "301234567890" not in f"{seen.number_hash} {DeskEntry.objects.get().payload_hash}"
    assert not AuditLine.objects.filter(details__contains="3012").exists()


def test_a_visit_is_noted_with_the_time_of_the_desks_clock() -> None:
    application, clerk = desk.notified(), cast.signed_in(cast.TAKAHASHI)
    at = dt.datetime.now(tz=dt.UTC) - dt.timedelta(minutes=40)  # noqa: TID251 - as above
    fields = {"kind": "came", "note": "身分証をお忘れ"}
    status, said = posted(clerk, application, kind="visit", fields=fields, claimed_at=at.isoformat())
    assert (status, said["outcome"]) == (200, "done")
    visit = PickupVisit.objects.get()
    assert (visit.kind, visit.visited_at, visit.note) == ("came", at, "身分証をお忘れ")
    assert Application.objects.get().state == "notified"


@pytest.mark.parametrize(
    "broken",
    [
        {"nonce": "x"},
        {"kind": "approve"},
        {"claimed_at": "yesterday"},
        {"claimed_at": "2026-11-04T12:00:00"},
        {"fields": ["a"]},
        {"fields": {"note": "x" * 9000}},
    ],
)
def test_what_is_no_entry_of_our_page_is_malformed(broken: dict[str, object]) -> None:
    status, said = posted(cast.signed_in(cast.TAKAHASHI), desk.submitted(), **broken)
    assert (status, said["outcome"]) == (400, "malformed")


def test_a_form_that_is_wrong_says_why_and_uses_up_no_nonce() -> None:
    fields = {"identity_kind": "my-number-card", "identity_number": "1234 5678 9018"}
    status, said = posted(cast.signed_in(cast.TAKAHASHI), desk.submitted(), fields=fields)
    assert status == 422
    assert "マイナンバー" in str(said["sentences"])
    assert not DeskEntry.objects.exists()


def test_the_kept_page_holds_nobody_and_the_day_holds_the_own_desks_cases() -> None:
    application = desk.submitted()
    clerk = cast.signed_in(cast.TAKAHASHI)
    shell = clerk.get(reverse("enrollment:desk-offline")).content.decode()
    assert cast.TAKAHASHI.name not in shell
    assert "csrfmiddlewaretoken" not in shell
    day = clerk.get(reverse("enrollment:desk-day-facts"))
    assert "no-store" in day.headers["Cache-Control"]
    assert [case["number"] for case in day.json()["cases"]] == [application.number]
    assert cast.signed_in(cast.OSAKA_CLERK).get(reverse("enrollment:desk-day-facts")).json()["cases"] == []
    worker = clerk.get(reverse("enrollment:desk-worker"))
    assert worker.headers["Content-Type"].startswith("text/javascript")
    assert reverse("enrollment:desk-offline") in worker.content.decode()


def test_originals_that_were_held_against_older_entries_are_not_taken_in() -> None:
    application = desk.submitted()
    message = intake(application)
    deciding.return_application(
        application_id=application.id,
        reasons=frozenset({ReturnReason.ENTRIES_DIFFER}),
        note="",
        by=cast.officer(cast.TAKAHASHI),
        at=NOON,
    )
    hanako = cast.account(cast.HANAKO)
    applying.write_entries(
        application_id=application.id, typed=desk.TYPED, entries=desk.entries(), by=hanako, at=NOON
    )
    applying.resubmit_application(application_id=application.id, by=hanako, at=NOON)
    entry = received(message)
    assert (entry.outcome, entry.codes[0]["code"]) == ("refused", "changed_since")
