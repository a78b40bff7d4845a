"""The permission table's rows of the signing room: validation is open to everyone, the queue to keys."""

import datetime as dt
from collections.abc import Mapping
from uuid import uuid4

from hpki_server.people.access import Access, Audience
from hpki_server.people.duties import Duty
from hpki_server.signing.models import ValidationRun
from hpki_server.signing.services import clients
from tests import cast
from tests.hpki_server.access_rows import Row, everyone, officers

CLIENTS = Access(Audience.CLIENT)
HOLDERS = Access(Audience.HOLDER)
FAR = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


def a_report() -> Mapping[str, object]:
    run = ValidationRun.objects.create(
        name="a.pdf",
        sha256="0" * 64,
        policy="hpki-signing",
        at=dt.datetime(2026, 11, 4, tzinfo=dt.UTC),
        expires_at=FAR,
        report={
            "indication": "INDETERMINATE",
            "sub_indication": None,
            "signatures": [],
            "time_stamps": [],
            "findings": [],
        },
        xml=b"<a/>",
        sheet=b"%PDF",
    )
    return {"address": run.id}


def a_report_file() -> Mapping[str, object]:
    return {**a_report(), "form": "json"}


def a_client() -> Mapping[str, object]:
    """With its key already: asking for another is told why not."""
    place = cast.organisation("okayama").id
    client = clients.register_client(
        name="電子カルテ", organisation_id=place, days=1, by="system", at=cast.NOON
    )
    clients.make_key(client.id, by="system", at=cast.NOON)
    return {"client_id": client.id}


def a_task() -> Mapping[str, object]:
    """Whoever has no key is not told whether there is one."""
    return {"task_id": uuid4()}


ROWS = [
    Row("signing:validate", everyone(), post=422),
    Row("signing:report", everyone(), a_report),
    Row("signing:report-file", everyone(), a_report_file),
    Row("signing-api:api-root", everyone(), get=404, post=404),
    Row("signing-api:openapi-json", everyone(), post=200),
    Row("signing-api:validate", everyone(), get=405, post=422),
    # client systems: registered by two, withdrawn by one
    Row("signing:clients", officers(Duty.ACCOUNTS), post=422),
    Row("signing:client-key", officers(Duty.ACCOUNTS), a_client, get=405, post=302),
    Row("signing:withdraw-client", officers(Duty.ACCOUNTS), a_client, get=405, post=302),
    # the queue's API: no session opens it, only a key
    Row("signing-api:tasks", CLIENTS, get=401, post=401),
    Row("signing-api:get_task", CLIENTS, a_task, get=401),
    Row("signing-api:get_signed", CLIENTS, a_task, get=401),
    Row("signing-api:post_collected", CLIENTS, a_task, get=405, post=401),
    Row("signing-api:post_withdraw", CLIENTS, a_task, get=405, post=401),
    Row("signing-api:post_challenge", everyone(), get=405, post=200),
    Row("signing-api:post_sign_in", everyone(), get=405, post=422),
    Row("signing-api:get_queue", HOLDERS, get=401),
    Row("signing-api:get_draft", HOLDERS, a_task, get=401),
    Row("signing-api:post_signed", HOLDERS, a_task, get=405, post=401),
    Row("signing-api:post_decline", HOLDERS, a_task, get=405, post=401),
]
