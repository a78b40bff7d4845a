"""A document is deposited, taken back, forgotten: by a hospital's system, and by 花子 herself."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from hpki_server.portal.recurring import JOBS
from hpki_server.signing import queue_queries
from hpki_server.signing.queue_models import ClientSystem, SigningTask, TaskDocument
from hpki_server.signing.queue_rules import State, Step, next_state
from hpki_server.signing.queue_terms import Doing, term_over
from hpki_server.signing.services import depositing, ending_tasks, tidying
from hpki_server.signing.services.accepting import accept_signed
from hpki_server.signing.services.depositing import Deposit, HolderClaim
from tests import cast, signed_pdfs
from tests.hpki_server.signing import queue_scene
from tests.hpki_server.signing.queue_scene import LETTER, NOW, Person, waiting

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def client_system() -> ClientSystem:
    queue_scene.authority()
    return queue_scene.hospital()[0]


@pytest.fixture
def hanako(client_system: ClientSystem) -> Person:
    return queue_scene.person()


def refused(client: ClientSystem, octets: bytes = LETTER, **said: object) -> tuple[str, ...]:
    claim = said.pop("claim", HolderClaim(registration_number="470123"))
    facts: dict[str, object] = {"file_name": "letter.txt", "title": "紹介状", **said}
    with pytest.raises(Denied) as no:
        depositing.deposit(Deposit(octets, **facts), claim, by=client, at=NOW)  # type: ignore[arg-type]  # as said
    assert not SigningTask.objects.exists()
    return no.value.codes


@pytest.mark.parametrize(
    "claim",
    [HolderClaim(registration_number="００470123 "), HolderClaim(card_id="card")],
    ids=["licence number, as somebody types it", "number of the card"],
)
def test_the_holder_is_named_by_licence_or_card(
    client_system: ClientSystem, hanako: Person, claim: HolderClaim
) -> None:
    named = HolderClaim(card_id=hanako.card.card_id) if claim.card_id else claim
    what = Deposit(LETTER, "C:\\紹介状\\letter.txt", "紹介状")
    task = depositing.deposit(what, named, by=client_system, at=NOW).task
    assert (task.registration_number, task.file_name, task.format) == ("470123", "letter.txt", "other")
    assert queue_queries.document_of(task, TaskDocument.Kind.DRAFT) == LETTER
    assert LETTER not in bytes(TaskDocument.objects.get().sealed)
    line = AuditLine.objects.get(act="signing:deposit")
    assert line.by == f"client:{client_system.id}"
    assert "紹介" not in line.details


def test_a_deposit_that_cannot_be_signed_is_refused_at_once(
    client_system: ClientSystem, hanako: Person
) -> None:
    nobody = HolderClaim(registration_number="470123", qualification_code="pharmacist")
    assert refused(client_system, claim=nobody) == ("no_card_in_force",)
    assert refused(client_system, claim=HolderClaim()) == ("no_card_in_force",)
    assert refused(client_system, b"") == ("document_empty",)
    assert refused(client_system, title=" ") == ("title_missing",)
    assert refused(client_system, deadline=NOW + 91 * DAY) == ("deadline_unfit",)
    assert refused(client_system, deadline=NOW) == ("deadline_unfit",)
    assert refused(client_system, b"%PDF-1.7 broken") == ("document_unreadable",)
    signed = hanako.signs(signed_pdfs.letter())
    assert refused(client_system, signed) == ("document_already_signed",)


def test_a_wrong_digit_is_noticed_by_the_name(client_system: ClientSystem, hanako: Person) -> None:
    other = HolderClaim(registration_number="470123", family_name="髙橋")
    assert refused(client_system, claim=other) == ("name_differs",)
    for number, name in enumerate(("渡邉", "渡辺", "ワタナベ", "WATANABE")):
        claim = HolderClaim(registration_number="470123", family_name=name)
        what = Deposit(LETTER, f"{number}.txt", "紹介状")
        assert depositing.deposit(what, claim, by=client_system, at=NOW).is_new


def test_a_card_that_is_stopped_gets_no_documents(client_system: ClientSystem, hanako: Person) -> None:
    hanako.card.state = "stopped"
    hanako.card.save()
    assert refused(client_system) == ("no_card_in_force",)


def test_the_depositor_takes_it_back_until_it_is_signed(client_system: ClientSystem, hanako: Person) -> None:
    task = ending_tasks.withdraw(waiting(client_system).id, by=client_system, at=NOW)
    assert task.state == "withdrawn"
    assert ending_tasks.withdraw(task.id, by=client_system, at=NOW).state == "withdrawn"
    assert AuditLine.objects.filter(act="signing:withdraw").count() == 1
    with pytest.raises(Denied) as late:
        accept_signed(task.id, hanako.signs(LETTER), holders=hanako.holders, by=hanako.session(), at=NOW)
    assert late.value.codes == ("task_withdrawn",)


def test_what_nobody_needs_any_more_is_deleted_with_a_line_each(
    client_system: ClientSystem, hanako: Person
) -> None:
    signed = waiting(client_system)
    accept_signed(signed.id, hanako.signs(LETTER), holders=hanako.holders, by=hanako.session(), at=NOW)
    ending_tasks.collect(signed.id, by=client_system, at=NOW)
    late = waiting(client_system, b"late")
    assert tidying.tidy(at=NOW).documents == 2
    assert not TaskDocument.objects.filter(task=signed).exists()
    assert AuditLine.objects.filter(act="signing:delete-document").count() == 2
    gone = tidying.tidy(at=late.deadline)
    assert (gone.expired, gone.documents) == (1, 1)
    late.refresh_from_db()
    assert late.state == "expired"
    last = tidying.tidy(at=late.deadline + 91 * DAY)
    assert last.records == 2
    assert not SigningTask.objects.exists()
    assert AuditLine.objects.filter(act="signing:delete-record").count() == 2


def test_the_recurring_work_tidies(client_system: ClientSystem, hanako: Person) -> None:
    ending_tasks.withdraw(waiting(client_system).id, by=client_system, at=NOW)
    [job] = [each for each in JOBS if each.name == "signing queue"]
    assert "documents=1" in job.run()
    assert job.run() == ""


def test_what_was_signed_and_never_collected_expires(client_system: ClientSystem, hanako: Person) -> None:
    task = waiting(client_system)
    accept_signed(task.id, hanako.signs(LETTER), holders=hanako.holders, by=hanako.session(), at=NOW)
    assert tidying.tidy(at=NOW + 29 * DAY) == tidying.Tidied()
    assert tidying.tidy(at=NOW + 31 * DAY) == tidying.Tidied(expired=1, documents=2)


def test_the_operators_own_table_counts(settings: Any, tmp_path: Path) -> None:
    ours, settings.VAR = tidying.terms(), tmp_path
    lines = ["act,state,days,valid_from,valid_until,source", "expire,signed,7,2026-01-01,,theirs"]
    (tmp_path / "signing-retention.csv").write_text("\n".join(lines))
    [theirs] = tidying.terms()
    # Of several the shortest, once it is over; before that none.
    for day, expected in ((8, theirs), (7, None)):
        on = dt.date(2026, 12, day)
        over = term_over(Doing.EXPIRE, State.SIGNED, dt.date(2026, 12, 1), [*ours, theirs], on)
        assert over == expected


def test_the_rule_table_knows_every_step_once() -> None:
    steps = {
        (state, step): next_state(state, step, deadline=NOW + DAY, at=NOW) for state in State for step in Step
    }
    possible = {key for key, (following, _) in steps.items() if following}
    assert possible == {
        (State.WAITING, Step.SIGN),
        (State.WAITING, Step.DECLINE),
        (State.WAITING, Step.WITHDRAW),
        (State.WAITING, Step.EXPIRE),
        (State.SIGNED, Step.COLLECT),
        (State.SIGNED, Step.EXPIRE),
    }
    assert all(denials for following, denials in steps.values() if following is None)


def test_an_applicant_without_a_card_deposits_nothing(client_system: ClientSystem, hanako: Person) -> None:
    """花子's card here answers no application of this account."""
    with pytest.raises(Denied) as no:
        depositing.deposit_own(Deposit(LETTER, "letter.txt", "紹介状"), by=cast.account(cast.MALLORY), at=NOW)
    assert no.value.codes == ("no_card_in_force",)
