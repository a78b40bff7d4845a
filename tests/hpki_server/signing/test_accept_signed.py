"""花子 signs what waits for her: the server takes exactly this document, signed by her card in force, and nothing else."""

import datetime as dt
import hashlib

import pytest

from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from hpki_server.signing import queue_queries
from hpki_server.signing.queue_models import ClientSystem, SigningTask, TaskDocument
from hpki_server.signing.services.accepting import accept_signed
from tests import signed_pdfs
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
    ("draft", "name"), [(PDF, "letter.pdf"), (LETTER_XML, "letter.xml"), (LETTER, "letter.txt")]
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
