"""A hospital's system gets a key, so that anyone can send 花子 a letter to sign and collect it signed."""

import datetime as dt

from hpki_server.authority.ports import virtual_card_path
from hpki_server.people.models import Organisation
from hpki_server.people.services import proposals
from hpki_server.portal.story import cast, journey
from hpki_server.portal.story.stage import Stage
from hpki_server.signing.queue_models import ClientSystem
from hpki_server.signing.services import clients

NAME = "電子カルテ（見本）"
_HOSPITAL_CODE = "3310199999"
_KEY = "client-key"


def connect_hospital(stage: Stage) -> None:
    """Proposed by one officer, confirmed by another; the key lies beside the story."""
    at = stage.now()
    client = _registered(at)
    if client.key_prefix is not None and stage.notebook.get(_KEY) is None:
        # Cut off between making the key and noting it: it is lost, as for everybody.
        clients.withdraw_client(client.id, by=cast.officer_of(cast.YAMAMOTO, at=at), at=at)
        client = _registered(at)
    if client.key_prefix is None:
        made = clients.make_key(client.id, by=cast.officer_of(cast.YAMAMOTO, at=at), at=at)
        stage.notebook.keep(_KEY, made.key.reveal())
    key = stage.write("client.key", (stage.notebook.get(_KEY) or "").encode())
    application = journey.hanakos_application()
    if application is None:
        return
    card, folder = journey.card_of(application), stage.folder
    bearer = f'-H "Authorization: Bearer $(cat {key})"'
    origin = stage.origin
    pin = f"--pin-file {folder / 'card.pin'} --authentication-pin-file {folder / 'card.pin'}"
    opened = f"--card {virtual_card_path(card.card_id)} --passphrase-file {folder / 'card.passphrase'} {pin}"
    said = f"-F registration_number={card.registration_number} -F title=紹介状 -F level=LTA"
    document = f"-F document=@{folder / '1-application.pdf'}"
    stage.tell(
        "署名待ち文書 a hospital's system sends a letter, 花子 signs it, the system collects it",
        [
            f"curl {bearer} {said} {document} {origin}/api/signing/tasks",
            f"hpki sign queue --server {origin} {opened} --all",
            f"curl {bearer} {origin}/api/signing/tasks/ID/document -o signed.pdf",
            f"curl {bearer} -X POST {origin}/api/signing/tasks/ID/collected",
        ],
    )


def _registered(at: dt.datetime) -> ClientSystem:
    """The hospital's system in force; registered by two officers where there is none."""
    running = ClientSystem.objects.filter(name=NAME, withdrawn_at=None).first()
    if running is not None:
        return running
    hospital = Organisation.objects.get(kind=Organisation.Kind.HOSPITAL, code=_HOSPITAL_CODE)
    proposal = clients.propose_client(
        name=NAME,
        organisation_id=hospital.pk,
        days=365,
        by=cast.officer_of(cast.YAMAMOTO, at=at),
        at=at,
    )
    proposals.confirm(proposal.id, by=cast.officer_of(cast.ITO, at=at), at=at)
    return ClientSystem.objects.get(id=proposal.subject_id)
