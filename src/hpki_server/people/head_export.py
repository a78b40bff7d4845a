"""The chain as a file: its tree without contents for anybody, or its contents with the permission of two officers.

The tree is one JSON line with the head, then one leaf hash in each line: whoever holds it makes proofs without this server
(`hpki audit prove --file`), and learns nothing of the acts.
"""

import datetime as dt
import json
import os
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from django.db import transaction

from hpki_server.people import audit
from hpki_server.people.audit import event_of
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.head_models import PublishedHead
from hpki_server.people.models import AuditLine
from hpki_server.people.published import head_as_json
from hpki_server.people.services.proposals import require_confirmed

_CHUNK_ROWS = 5000
NOT_PUBLISHED = Denial("not_published", "No head was published yet: run `hpki-server audit publish` first.")


def export_lines(path: Path) -> int:
    """The latest published head and its leaves; how many.  Raises Denied, FileExistsError."""
    row = PublishedHead.objects.select_related("stamp").order_by("-id").first()
    if row is None:
        raise Denied([NOT_PUBLISHED])
    leaves = (
        AuditLine.objects.filter(sequence__lte=row.size)
        .order_by("sequence")
        .values_list("leaf_hash", flat=True)
    )
    _write(path, chain([json.dumps(head_as_json(row))], leaves.iterator(chunk_size=_CHUNK_ROWS)))
    return row.size


def export_contents(path: Path, *, at: dt.datetime) -> int:
    """Every line as the octets that were hashed, one in each line; how many, the line of this export included.

    The export is recorded before anything is written.  Raises Denied (`not_confirmed`), FileExistsError.
    """
    with transaction.atomic():
        permission = require_confirmed("audit:export", "chain", at=at)
        recorded = audit.record(
            "audit:export",
            by="console",
            subject_kind="audit",
            subject_id="chain",
            at=at,
            details={"proposal": str(permission.id)},
        )
    lines = AuditLine.objects.filter(sequence__lte=recorded.sequence).order_by("sequence")
    texts = (event_of(line).canonical().decode("ascii") for line in lines.iterator(chunk_size=_CHUNK_ROWS))
    _write(path, texts)
    return recorded.sequence


def _write(path: Path, texts: Iterable[str]) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.writelines(f"{text}\n" for text in texts)
        file.flush()
        os.fsync(file.fileno())
