"""A document is judged, and its report kept for an hour.  The document is gone when the answer is given."""

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from django.db import transaction

from hpki.certs.printing import printable, storable
from hpki.errors import MalformedInput
from hpki.signatures.content import Content, OctetContent
from hpki.signatures.formats import read_signed_document
from hpki.signatures.judge import judge_document, unreadable_document
from hpki.signatures.policy import SHIPPED
from hpki.signatures.records_beside import with_records
from hpki.signatures.report import DocumentReport
from hpki.signatures.report_pdf import report_pdf
from hpki.signatures.report_xml import report_xml
from hpki_server.signing import ports
from hpki_server.signing.models import ValidationRun

KEPT: Final = dt.timedelta(hours=1)
POLICIES: Final = tuple(SHIPPED)


@dataclass(frozen=True)
class Asked:
    """What somebody wants judged.  `beside` are files that a signature may be over, `records` evidence records of the document, by name."""

    name: str
    octets: bytes = field(repr=False)
    beside: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    records: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    policy: str = "hpki-signing"


def judged(asked: Asked, *, at: dt.datetime) -> DocumentReport:
    """The report on a document; what cannot be read has one that says so."""
    policy = SHIPPED[asked.policy]
    beside: dict[str, Content] = {name: OctetContent(octets) for name, octets in asked.beside.items()}
    try:
        facts = read_signed_document(asked.octets, beside)
        facts = with_records(facts, OctetContent(asked.octets), asked.records)
    except MalformedInput as error:
        return unreadable_document(printable(str(error))[:300], policy, at)
    return judge_document(facts, ports.own_evidence(), policy, ports.trust_anchors(), at)


def judge_and_keep(asked: Asked, *, at: dt.datetime, lang: str) -> ValidationRun:
    """The same, with the report kept in three forms for an hour."""
    report = judged(asked, at=at)
    digest = hashlib.sha256(asked.octets).digest()
    name = printable(asked.name)[:200] or "-"
    sheet = report_pdf(report, name=name, sha256=digest, lang=lang)
    with transaction.atomic():
        return ValidationRun.objects.create(
            name=name,
            sha256=digest.hex(),
            policy=asked.policy,
            at=at,
            expires_at=at + KEPT,
            # Roles and places come out of the document; a zero octet in one is no text that PostgreSQL keeps.
            report=storable(report.as_json()),
            xml=report_xml(report),
            sheet=sheet,
        )


@transaction.atomic
def forget_reports(*, at: dt.datetime) -> int:
    """Delete the reports whose hour is over; how many."""
    return ValidationRun.objects.filter(expires_at__lte=at).delete()[0]
