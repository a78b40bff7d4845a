"""A referral letter goes from the hospital's system to 花子's card and back, and anyone can judge it afterwards."""

import json
from collections.abc import Mapping
from uuid import UUID

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from hpki.card.client import HpkiCard
from hpki.keys.algorithms import KeyAlgorithm
from hpki.signatures.card_signer import authentication_unit, card_unit
from hpki.signatures.claims import Claims
from hpki.signatures.drafts import sign_draft
from hpki.signatures.queue_client import QueueServer
from hpki_server.authority import stamping_units
from hpki_server.authority.ports import card_slot
from hpki_server.authority.services.publishing import publish_due
from hpki_server.authority.services.time_stamp_units import UnitOrder, set_up_unit
from hpki_server.people.models import AuditLine
from hpki_server.people.services import proposals
from hpki_server.signing import limits, queue_queries
from hpki_server.signing.queue_models import SigningTask, TaskDocument
from hpki_server.signing.services import clients, ending_tasks, tidying
from hpki_server.signing.services.accepting import accept_signed
from hpki_server.signing.services.depositing import Deposit, deposit_own
from tests import cast, signed_pdfs
from tests.hpki_server.authority import stage as authority_stage
from tests.hpki_server.lifecycle import stage
from tests.hpki_server.signing.queue_scene import NOW
from tests.hpki_server.signing.test_client_systems import SECOND

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_place")]
API = "/api/signing"
LETTER = signed_pdfs.letter(2)


class InProcess:
    """The channel of 花子's program, without a socket."""

    def exchange(
        self, method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        sent = dict(headers or {})
        kind = sent.pop("Content-Type", "application/octet-stream")
        path = url.removeprefix(settings.ORIGIN)
        answer = Client().generic(method, path, body or b"", content_type=kind, headers=sent)
        return answer.status_code, answer.content


def hospital() -> Client:
    """Registered by two officers; its key goes to whoever runs it."""
    first, second = cast.officer(cast.YAMAMOTO, at=NOW), cast.officer(SECOND, at=NOW)
    place = cast.organisation("okayama").id
    proposal = clients.propose_client(name="電子カルテ", organisation_id=place, days=365, by=first, at=NOW)
    proposals.confirm(proposal.id, by=second, at=NOW)
    key = clients.make_key(UUID(proposal.subject_id), by=first, at=NOW).key.reveal()
    return Client(headers={"Authorization": f"Bearer {key}"})


def test_the_letter_is_deposited_signed_by_the_card_stamped_and_collected() -> None:
    limits.COUNTS.forget()
    card, letter = stage.card_and_letter()
    authority_stage.time_stamp_authority()
    stamping_units.forget()
    set_up_unit(UnitOrder(algorithm=KeyAlgorithm.P_256), by="system", at=stage.NOON)
    publish_due(at=NOW)

    system = hospital()
    document = SimpleUploadedFile("紹介状.pdf", LETTER)
    form = {"registration_number": "470123", "title": "紹介状", "level": "LTA", "document": document}
    task = system.post(f"{API}/tasks", form).json()

    with card_slot(card.card_id, card.layout) as transport:
        held = HpkiCard(transport)
        server = QueueServer(InProcess(), settings.ORIGIN, authentication_unit(held, letter.pin))
        [waiting] = server.waiting()
        draft = server.draft(waiting)
        assert draft == LETTER
        signed = sign_draft(draft, card_unit(held, letter.pin), Claims(NOW))
        assert server.hand_in(waiting, signed) == "LTA"
        assert server.waiting() == ()

    collected = system.get(f"{API}/tasks/{task['id']}/document").content
    assert collected.startswith(LETTER)
    asked = {"document": SimpleUploadedFile("紹介状.pdf", collected)}
    report = json.loads(Client().post(f"{API}/validate", asked).content)
    [judged] = report["signatures"]
    assert (judged["indication"], judged["level"]) == ("TOTAL_PASSED", "LTA")
    assert judged["qualifications"][0]["code"] == "physician"
    assert system.post(f"{API}/tasks/{task['id']}/collected").json()["state"] == "collected"

    # Nothing of the letter stays, and what happened stands in the audit chain.
    tidying.tidy(at=SigningTask.objects.get().state_since)
    assert not TaskDocument.objects.exists()
    acts = AuditLine.objects.filter(subject_id=task["id"]).order_by("sequence")
    assert list(acts.values_list("act", flat=True)) == [
        "signing:deposit",
        "signing:sign",
        "signing:collect",
        "signing:delete-document",
        "signing:delete-document",
    ]


def test_hanako_brings_a_letter_of_her_own() -> None:
    card, letter = stage.card_and_letter()
    publish_due(at=NOW)
    hanako = cast.account(cast.HANAKO)
    holders = queue_queries.holders_of(hanako, at=NOW)
    done = deposit_own(Deposit(LETTER, "紹介状.pdf", "紹介状", idempotency_key="form 1"), by=hanako, at=NOW)
    assert done.is_new
    assert not deposit_own(
        Deposit(LETTER, "紹介状.pdf", "紹介状", idempotency_key="form 1"), by=hanako, at=NOW
    ).is_new
    [waiting] = queue_queries.waiting_for(holders, at=NOW)
    with card_slot(card.card_id, card.layout) as transport:
        signed = sign_draft(LETTER, card_unit(HpkiCard(transport), letter.pin), Claims(NOW))
    task = accept_signed(waiting.id, signed, holders=holders, by=hanako, at=NOW)
    assert queue_queries.document_of(task, TaskDocument.Kind.SIGNED) == signed
    assert ending_tasks.collect(task.id, by=hanako, at=NOW).state == "collected"
    assert queue_queries.holders_of(cast.account(cast.MALLORY), at=NOW) == ()
