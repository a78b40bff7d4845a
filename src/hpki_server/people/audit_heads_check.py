"""The chain against every head that was published: a chain rewritten with its own head included agrees with itself.

Two stores are asked: the table, which is restored together with the lines, and the file beside the database, which is not.
A head of more lines than there are: if the table knows it, lines were cut off; if only the file does, the database is
that of a backup.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial

from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from hpki.audit.proofs import root_of
from hpki.audit.tree_head import SignedHead, TreeHead, prove_head
from hpki.errors import ProofFailed
from hpki_server.people.audit_check import AuditFinding, findings_since, length_finding
from hpki_server.people.audit_key import audit_key_pem
from hpki_server.people.audit_nodes import LineMissing, from_stored
from hpki_server.people.head_file import heads_in_file
from hpki_server.people.head_models import PublishedHead
from hpki_server.people.models import AuditHead, AuditLine

ACKNOWLEDGED = "audit:acknowledge-restore"
_HEADS_REMEMBERED = 1 << 18
# SQLite takes 32,766 values in a statement.
_SIZES_A_STATEMENT = 5000


@dataclass(frozen=True)
class Restore:
    """The chain parted from what was published: up to `common` lines all heads agree, up to `lost` others were said."""

    common: int
    lost: int
    acknowledged_at: dt.datetime | None = None

    def excuses(self, head: TreeHead) -> bool:
        return (
            self.acknowledged_at is not None
            and self.common < head.size <= self.lost
            and head.at <= self.acknowledged_at
        )


@dataclass(frozen=True)
class Parting:
    """A head that the chain does not have, and which store knows it."""

    head: TreeHead
    in_table: bool
    is_longer: bool


def head_findings() -> Iterator[AuditFinding]:
    """Every disagreement between the chain and what was published, and is not acknowledged."""
    heads, forged = _proven_heads()
    for size in forged:
        yield AuditFinding(
            size, "head_forged", f"a published head of {size} lines is not signed by the audit key"
        )
    partings = _partings(heads)
    common = _common(heads, partings)
    total = _chain_size()
    for parting in sorted(partings, key=lambda each: each.head.size):
        yield _finding(parting, common, total)


def growth_findings() -> Iterator[AuditFinding]:
    """What is wrong since the latest head: that it is the chain's, that no line is gone, each line that came after it.

    The cost is that of the new lines and of counting the others; contents before that head are read by `audit verify`.
    """
    if (length := length_finding()) is not None:
        yield length
        return
    heads = (stored_head(row).head for row in PublishedHead.objects.order_by("-id").iterator())
    latest = next((head for head in heads if not excused(head)), None)
    if latest is not None and (reason := _disagreement(latest)):
        yield AuditFinding(latest.size, "head_differs", reason)
        return
    yield from findings_since(0 if latest is None else latest.size)


def _disagreement(head: TreeHead) -> str:
    """Why the first lines are not those of the head; "" when they are."""
    if head.size > _chain_size():
        return f"a head of {head.size} lines was published; the chain has fewer"
    try:
        root = from_stored(partial(root_of, head.size))
    except LineMissing as missing:
        return str(missing)
    except ValueError:
        return f"among the first {head.size} lines is one whose hash cannot be read"
    return "" if root == head.root else f"the first {head.size} lines are not those of the published head"


def open_restore() -> Restore | None:
    """What `acknowledge_restore` would acknowledge; None when all heads agree or are excused."""
    heads, _ = _proven_heads()
    partings = _partings(heads)
    if not partings:
        return None
    return Restore(_common(heads, partings), max(each.head.size for each in partings))


def excused(head: TreeHead) -> bool:
    """Whether a restore that was acknowledged explains a head that the chain does not have."""
    return any(restore.excuses(head) for restore in _acknowledged())


def stored_head(row: PublishedHead) -> SignedHead:
    """The row as it was signed."""
    return SignedHead(
        TreeHead(row.size, bytes.fromhex(row.root_hash), row.at),
        bytes.fromhex(row.key_sha256),
        bytes.fromhex(row.signature),
    )


def _proven_heads() -> tuple[dict[TreeHead, bool], list[int]]:
    """Heads with whether the table knows them, and the sizes of those that our key did not sign."""
    public_key_pem = audit_key_pem()
    heads: dict[TreeHead, bool] = {}
    forged: list[int] = []
    stored = [(stored_head(row), True) for row in PublishedHead.objects.order_by("id")]
    for signed, in_table in [*stored, *((each, False) for each in heads_in_file())]:
        if _is_signed_by(public_key_pem, signed):
            heads[signed.head] = heads.get(signed.head, False) or in_table
        else:
            forged.append(signed.head.size)
    return heads, forged


# Years of heads are looked at whenever one more goes out; each is verified once in a process.
@lru_cache(maxsize=_HEADS_REMEMBERED)
def _is_signed_by(public_key_pem: bytes, signed: SignedHead) -> bool:
    try:
        prove_head(signed, _public_key(public_key_pem))
    except ProofFailed:
        return False
    return True


@lru_cache(maxsize=4)
def _public_key(pem: bytes) -> PublicKeyTypes:
    return load_pem_public_key(pem)


def _partings(heads: dict[TreeHead, bool]) -> list[Parting]:
    total, restores = _chain_size(), _acknowledged()
    roots = _roots(sorted({head.size for head in heads if head.size <= total}))
    return [
        Parting(head, in_table, is_longer=head.size > total)
        for head, in_table in heads.items()
        if roots.get(head.size) != head.root.hex() and not any(each.excuses(head) for each in restores)
    ]


def _roots(sizes: list[int]) -> dict[int, str]:
    roots: dict[int, str] = {}
    for begin in range(0, len(sizes), _SIZES_A_STATEMENT):
        lines = AuditLine.objects.filter(sequence__in=sizes[begin : begin + _SIZES_A_STATEMENT])
        roots |= dict(lines.values_list("sequence", "root_hash"))
    return roots


def _common(heads: dict[TreeHead, bool], partings: list[Parting]) -> int:
    """The largest published size up to which all heads agree."""
    first = min((each.head.size for each in partings), default=0)
    agreeing = [head.size for head in heads if head.size < first]
    return max(agreeing, default=0)


def _finding(parting: Parting, common: int, total: int) -> AuditFinding:
    size, said = parting.head.size, f"{parting.head.at:%Y-%m-%d %H:%M:%S} UTC"
    if not parting.is_longer:
        return AuditFinding(
            common + 1,
            "forked",
            f"the first {size} lines are not those of the head published at {said}: "
            f"something between lines {common + 1} and {size} is not what it was",
        )
    if parting.in_table:
        return AuditFinding(
            total + 1,
            "cut_off",
            f"a head of {size} lines was published at {said}; the chain ends after line {total}",
        )
    return AuditFinding(
        total + 1,
        "restored",
        f"a head of {size} lines was published at {said}, and neither the lines after {total} nor that head are in this "
        f"database: it is a backup, restored at line {total} (published heads agree up to line {common})",
    )


def _chain_size() -> int:
    return AuditHead.objects.filter(id=1).values_list("size", flat=True).first() or 0


def _acknowledged() -> list[Restore]:
    restores = []
    for line in AuditLine.objects.filter(act=ACKNOWLEDGED):
        facts = line.facts()
        restores.append(Restore(int(facts["common"] or 0), int(facts["lost"] or 0), line.at))
    return restores
