"""The permission table's rows of the signing room: validation is open to everyone."""

import datetime as dt
from collections.abc import Mapping

from hpki_server.signing.models import ValidationRun
from tests.hpki_server.access_rows import Row, everyone

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


ROWS = [
    Row("signing:validate", everyone(), post=422),
    Row("signing:report", everyone(), a_report),
    Row("signing:report-file", everyone(), a_report_file),
    Row("signing-api:api-root", everyone(), get=404, post=404),
    Row("signing-api:openapi-json", everyone(), post=200),
    Row("signing-api:validate", everyone(), get=405, post=422),
]
