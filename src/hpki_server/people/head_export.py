"""The tree without its contents, as a file: one JSON line with the head, then one leaf hash in each line.

Whoever holds it makes proofs without this server (`hpki audit prove --file`).  It tells nothing of the acts.
"""

import json
import os
from pathlib import Path

from hpki_server.people.denial import Denial, Denied
from hpki_server.people.head_models import PublishedHead
from hpki_server.people.models import AuditLine
from hpki_server.people.published import head_as_json

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
    with path.open("x", encoding="ascii") as file:
        file.write(json.dumps(head_as_json(row)) + "\n")
        for leaf in leaves.iterator(chunk_size=5000):
            file.write(leaf + "\n")
        file.flush()
        os.fsync(file.fileno())
    return row.size
