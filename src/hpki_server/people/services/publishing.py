"""Tree heads go out: signed, stored beside the database and in it, stamped by a second authority."""

import datetime as dt
import logging
from functools import partial
from itertools import islice
from typing import Protocol

from django.db import transaction

from hpki.audit.proofs import root_of
from hpki.audit.tree_head import SignedHead, TreeHead, sign_head
from hpki.errors import HpkiError
from hpki.issuance.timestamp_token import prove_token
from hpki_server.people import audit
from hpki_server.people.audit_heads_check import (
    ACKNOWLEDGED,
    Restore,
    growth_findings,
    head_findings,
    open_restore,
    stored_head,
)
from hpki_server.people.audit_key import audit_signer
from hpki_server.people.audit_nodes import LineMissing, extend_nodes, forget_nodes, from_stored
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.head_file import append_head
from hpki_server.people.head_models import HeadStamp, PublishedHead
from hpki_server.people.models import AuditHead
from hpki_server.people.officer import Officer

logger = logging.getLogger(__name__)

# An unchanged chain is said again once a day, so that nobody can show an old head for the present one.
SAID_AGAIN_AFTER = dt.timedelta(days=1)
MOST_FINDINGS = 20


class Stamper(Protocol):
    """The second authority: a time-stamp token over a SHA-256 hash."""

    def stamp(self, imprint: bytes) -> bytes: ...


def publish_tree_head(*, at: dt.datetime, stamper: Stamper | None = None) -> PublishedHead | None:
    """The chain's head as it is, signed and kept; None when there is no line yet.

    Raises Denied with the findings when the chain disagrees with what was published before, or did not grow rightly
    since: a head over a forked or damaged chain would make the damage look right.
    """
    if found := list(head_findings()) or list(islice(growth_findings(), MOST_FINDINGS)):
        raise Denied([Denial(finding.code, finding.sentence) for finding in found])
    size, root_hash = _measured()
    if not size:
        return None
    latest = PublishedHead.objects.order_by("-id").first()
    if latest is None or latest.size != size or at - latest.at >= SAID_AGAIN_AFTER:
        latest = _published(size, root_hash, at=at)
    if stamper is not None and not HeadStamp.objects.filter(head=latest).exists():
        _stamp(latest, stamper)
    return latest


def acknowledge_restore(*, by: Officer | str, at: dt.datetime) -> Restore:
    """Say, in the chain itself, that the lines after the last common head were lost with a restore.

    Raises Denied (`nothing_to_acknowledge`).
    """
    restore = open_restore()
    if restore is None:
        raise Denied([Denial("nothing_to_acknowledge", "The chain has every head that was published.")])
    forget_nodes()
    with transaction.atomic():
        audit.record(
            ACKNOWLEDGED,
            by=by,
            subject_kind="audit",
            subject_id="chain",
            at=at,
            details={"common": restore.common, "lost": restore.lost},
        )
    return restore


def _measured() -> tuple[int, str]:
    head = AuditHead.objects.filter(id=1).first()
    return (0, "") if head is None else (head.size, head.root_hash)


def _published(size: int, root_hash: str, *, at: dt.datetime) -> PublishedHead:
    try:
        extend_nodes(size)
        root = from_stored(partial(root_of, size))
    except LineMissing as missing:
        raise Denied([Denial("missing", str(missing))]) from missing
    if root.hex() != root_hash:
        raise Denied([Denial("wrong_head", "the head's root is not the root of the lines")])
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    signed = sign_head(TreeHead(size, root, at), audit_signer())
    append_head(signed)
    return _stored(signed)


def _stored(signed: SignedHead) -> PublishedHead:
    return PublishedHead.objects.create(
        size=signed.head.size,
        root_hash=signed.head.root.hex(),
        at=signed.head.at,
        key_sha256=signed.key_sha256.hex(),
        signature=signed.signature.hex(),
    )


def _stamp(row: PublishedHead, stamper: Stamper) -> None:
    """A second authority that is out of reach stops nothing; the next publication asks it again."""
    imprint = stored_head(row).imprint()
    try:
        token = stamper.stamp(imprint)
        proven = prove_token(token, imprint)
    except HpkiError as error:
        logger.warning("the tree head of %s lines is not time-stamped: %s", row.size, error)
        return
    HeadStamp.objects.create(head=row, token_der=token, gen_time=proven.gen_time)
