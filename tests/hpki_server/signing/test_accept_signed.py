"""花子 signs what waits for her: the server takes exactly this document, signed by her card in force, and nothing else."""

import dataclasses
import datetime as dt
import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from pyhanko.pdf_utils import generic

from hpki.signatures.claims import Claims
from hpki.signatures.cms.making import sign_cms
from hpki.signatures.content import OctetContent
from hpki.signatures.drafts import beside, draft_format, sign_draft
from hpki.signatures.formats import read_signed_document
from hpki.signatures.pdf import making
from hpki.signatures.pdf.opening import open_pdf
from hpki.signatures.pdf.reader import PADES_FILTER
from hpki.signatures.pdf.writing import Update
from hpki.validation.facts import read_certificate
from hpki_server.authority.models import Card, Certificate
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from hpki_server.signing import queue_queries
from hpki_server.signing.queue_models import ClientSystem, SigningTask, TaskDocument
from hpki_server.signing.services import accepting
from hpki_server.signing.services.accepting import accept_signed
from hpki_server.signing.services.judging import Asked, judged
from tests import signed_pdfs, signing_scene
from tests.hpki_server.signing import queue_scene
from tests.hpki_server.signing.queue_scene import LETTER, LETTER_XML, NOW, Person, waiting

pytestmark = pytest.mark.django_db
PDF = signed_pdfs.letter()


@pytest.fixture
def client_system() -> ClientSystem:
    queue_scene.authority()
    return queue_scene.hospital()[0]


@pytest.fixture
def hanako(client_system: ClientSystem) -> Person:
    return queue_scene.person()


def accept(task: SigningTask, signed: bytes, who: Person, at: dt.datetime = NOW) -> SigningTask:
    return accept_signed(task.id, signed, holders=who.holders, by=who.session(), at=at)


def refused(task: SigningTask, signed: bytes, who: Person, at: dt.datetime = NOW) -> tuple[str, ...]:
    """The codes; nothing has changed."""
    lines = AuditLine.objects.count()
    with pytest.raises(Denied) as no:
        accept(task, signed, who, at)
    task.refresh_from_db()
    assert task.state == "waiting"
    assert AuditLine.objects.count() == lines
    assert not TaskDocument.objects.filter(task=task, kind="signed").exists()
    return no.value.codes


@pytest.mark.parametrize(
    ("draft", "name"),
    [(PDF, "letter.pdf"), (LETTER_XML, "letter.xml"), (LETTER, "letter.txt")],
    ids=["pdf", "xml", "file"],
)
def test_the_physician_signs_what_waits(
    client_system: ClientSystem, hanako: Person, draft: bytes, name: str
) -> None:
    signed = hanako.signs(draft)
    task = accept(waiting(client_system, draft, file_name=name), signed, hanako)
    assert (task.state, task.signer) == ("signed", hanako.certificate("SIGNING"))
    assert queue_queries.document_of(task, TaskDocument.Kind.SIGNED) == signed
    line = AuditLine.objects.get(act="signing:sign")
    assert line.facts()["signed_sha256"] == hashlib.sha256(signed).hexdigest()
    assert line.by == f"card:{hanako.card.card_id}"


def test_another_document_is_not_what_waits(client_system: ClientSystem, hanako: Person) -> None:
    for draft, other in (
        (LETTER, b"another letter"),
        (LETTER_XML, LETTER_XML.replace("岡山".encode(), "広島".encode())),
        # Comments are under no signature, and yet they are the document's.
        (LETTER_XML, LETTER_XML.replace("内科".encode(), "外科".encode())),
        (PDF, signed_pdfs.letter(2)),
    ):
        task = waiting(client_system, draft)
        assert "not_this_document" in refused(task, hanako.signs(other), hanako)
    attached = sign_cms(OctetContent(LETTER), hanako.unit(), Claims(NOW), attached=True)
    assert "not_this_document" in refused(waiting(client_system), attached, hanako)
    assert "not_this_document" in refused(waiting(client_system), b"no signature at all", hanako)


@pytest.mark.parametrize("meddling", sorted(signed_pdfs.MEDDLING))
def test_a_pdf_that_was_changed_before_or_after_the_signature_is_another_one(
    client_system: ClientSystem, hanako: Person, meddling: str
) -> None:
    change = signed_pdfs.MEDDLING[meddling]
    task = waiting(client_system, PDF)
    # Changed by an update of its own, so that the draft still stands at its beginning octet for octet.
    assert "not_this_document" in refused(task, hanako.signs(signed_pdfs.meddled(PDF, change)), hanako)
    assert "not_this_document" in refused(task, signed_pdfs.meddled(hanako.signs(PDF), change), hanako)


def test_a_pdf_changed_by_the_very_update_that_signs_it_is_another_one(
    client_system: ClientSystem, hanako: Person
) -> None:
    """The signature is good and covers everything, one revision was added, and yet the page shows something else."""
    task, pdf = waiting(client_system, PDF), open_pdf(PDF)
    update = Update(pdf)
    shown = update.add(generic.StreamObject(stream_data=b"BT /F1 12 Tf 100 700 Td (Another) Tj ET"))
    page = update.dictionary(pdf.root()["/Pages"]["/Kids"].raw_get(0).reference)
    page[generic.pdf_name("/Contents")] = shown
    slot = making._Slot(PADES_FILTER, b"/Sig", making._entries(NOW, making.PLAIN), 8192, making.PLAIN)
    signed = making._appended(
        pdf, slot, lambda content: sign_cms(content, hanako.unit(), Claims(None)), None, update
    )
    assert judged(Asked("a.pdf", signed), at=NOW).indication.value == "TOTAL_PASSED"
    assert refused(task, signed, hanako) == ("not_this_document",)


def test_another_physicians_signature_is_refused(client_system: ClientSystem, hanako: Person) -> None:
    ken = queue_scene.ken()
    assert refused(waiting(client_system), ken.signs(LETTER), hanako) == ("signer_not_holder",)


def test_whoever_the_document_does_not_wait_for_cannot_even_ask(
    client_system: ClientSystem, hanako: Person
) -> None:
    ken = queue_scene.ken()
    assert refused(waiting(client_system), hanako.signs(LETTER), ken) == ("task_unknown",)


def test_a_stranger_with_a_chain_of_his_own_is_refused(client_system: ClientSystem, hanako: Person) -> None:
    foreign = signing_scene.scene().unit()
    signed = sign_draft(LETTER, foreign, Claims(NOW))
    assert "signer_unknown" in refused(waiting(client_system), signed, hanako)


def test_the_authentication_key_signs_no_document(client_system: ClientSystem, hanako: Person) -> None:
    row = hanako.certificate("AUTHENTICATION")
    leaf = read_certificate(bytes(row.certificate_der or b""))
    unit = dataclasses.replace(hanako.unit(), signer=hanako.authentication, certificate=leaf)
    codes = refused(waiting(client_system), sign_draft(LETTER, unit, Claims(NOW)), hanako)
    assert "signer_unknown" in codes


def test_a_card_on_hold_or_stopped_signs_nothing_though_no_list_says_so_yet(
    client_system: ClientSystem, hanako: Person
) -> None:
    task, signed = waiting(client_system), hanako.signs(LETTER)
    rows = Certificate.objects.filter(card=hanako.card, profile="SIGNING")
    rows.update(held_at=NOW)
    assert refused(task, signed, hanako) == ("signer_not_in_force",)
    rows.update(held_at=None)
    Card.objects.filter(id=hanako.card.id).update(state="stopped")
    assert refused(task, signed, hanako) == ("signer_not_in_force",)


def test_while_the_lists_are_old_the_holder_is_asked_to_wait(
    client_system: ClientSystem, hanako: Person
) -> None:
    task = waiting(client_system)
    later = NOW + dt.timedelta(days=9)
    assert refused(task, hanako.signs(LETTER), hanako, later) == ("status_unknown",)


def test_two_signatures_where_one_is_asked_for(client_system: ClientSystem, hanako: Person) -> None:
    task = waiting(client_system, LETTER_XML)
    twice = hanako.signs(hanako.signs(LETTER_XML))
    assert "not_this_document" in refused(task, twice, hanako)


def test_the_second_of_two_signatures_loses(client_system: ClientSystem, hanako: Person) -> None:
    task = waiting(client_system)
    first = accept(task, hanako.signs(LETTER), hanako)
    with pytest.raises(Denied) as no:
        accept(task, hanako.signs(LETTER), hanako)
    assert no.value.codes == ("task_signed",)
    with pytest.raises(Denied) as late:
        # As the loser of a race finds it: everything was checked, and under the lock the state is another one.
        accepting._store(
            task.id,
            b"second",
            hanako.certificate("SIGNING"),
            holders=hanako.holders,
            by="system",  # type: ignore[arg-type]  # who acts does not matter here
            at=NOW,
        )
    assert late.value.codes == ("task_signed",)
    first.refresh_from_db()
    assert queue_queries.document_of(first, TaskDocument.Kind.SIGNED) != b"second"


@pytest.mark.django_db(transaction=True)
def test_of_two_signatures_at_once_one_is_taken(client_system: ClientSystem, hanako: Person) -> None:
    """At the very same time on PostgreSQL; one behind the other on SQLite, whose tables are in one connection's memory."""
    task, session = waiting(client_system), hanako.session()
    signed = [hanako.signs(LETTER) for _ in range(4)]

    def hand_in(octets: bytes) -> str:
        try:
            accept_signed(task.id, octets, holders=hanako.holders, by=session, at=NOW)
        except Denied as no:
            return no.codes[0]
        return "taken"

    def in_a_thread(octets: bytes) -> str:
        try:
            return hand_in(octets)
        finally:
            connection.close()

    if connection.vendor == "sqlite":
        answers = [hand_in(octets) for octets in signed]
    else:
        with ThreadPoolExecutor(len(signed)) as threads:
            answers = list(threads.map(in_a_thread, signed))
    assert sorted(answers) == ["taken", *["task_signed"] * 3]
    assert AuditLine.objects.filter(act="signing:sign").count() == 1


def test_after_the_deadline_nothing_is_signed(client_system: ClientSystem, hanako: Person) -> None:
    task = waiting(client_system)
    late = task.deadline + dt.timedelta(seconds=1)
    assert refused(task, hanako.signs(LETTER), hanako, late) == ("task_expired",)


@pytest.mark.parametrize(
    ("draft", "name", "level"),
    [(LETTER, "letter.txt", "T"), (PDF, "letter.pdf", "LTA"), (LETTER_XML, "letter.xml", "LTA")],
    ids=["file", "pdf", "xml"],
)
def test_the_server_raises_the_level(
    hanako: Person, client_system: ClientSystem, draft: bytes, name: str, level: str
) -> None:
    queue_scene.authority(stamps=True)
    task = accept(waiting(client_system, draft, level=level, file_name=name), hanako.signs(draft), hanako)
    signed = queue_queries.document_of(task, TaskDocument.Kind.SIGNED) or b""
    detached = beside(draft, draft_format(draft))
    facts = read_signed_document(signed, detached)
    assert facts.signatures[0].level == level
    asked = Asked(name, signed, dict.fromkeys(detached, draft))
    assert judged(asked, at=NOW + dt.timedelta(minutes=1)).indication.value == "TOTAL_PASSED"


def test_without_a_time_stamp_nothing_is_half_done(client_system: ClientSystem, hanako: Person) -> None:
    task = waiting(client_system, level="T")
    assert refused(task, hanako.signs(LETTER), hanako) == ("time_stamp_unavailable",)
