"""What anybody may know of the audit chain: its heads, and proofs that hold hashes and nothing else."""

from typing import TypedDict

from django.core.exceptions import ObjectDoesNotExist

from hpki.audit.proofs import consistency_proof, inclusion_proof
from hpki.audit.tree_head import MOST_SIZE
from hpki_server.people.audit_heads_check import stored_head
from hpki_server.people.audit_nodes import LineMissing, from_stored
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.head_models import PublishedHead
from hpki_server.people.models import AuditLine

HEADS_TOLD = 100
_UNKNOWN_HEAD = Denial("unknown_head", "No head of that many lines was published.")
_UNKNOWN_LINE = Denial("unknown_line", "That tree has no such line.")
_INCOMPLETE = Denial("incomplete", "Lines of the chain are missing; no proof can be made.")


class Inclusion(TypedDict):
    sequence: int
    leaf: str
    size: int
    path: list[str]


class Consistency(TypedDict):
    first: int
    second: int
    path: list[str]


Head = dict[str, str | int]


def latest_heads() -> list[Head]:
    """The newest heads, newest first, without their stamps: those come with the single head."""
    return [stored_head(row).as_json() for row in PublishedHead.objects.order_by("-id")[:HEADS_TOLD]]


def head_of_size(size: int) -> Head:
    """The newest head of that many lines.  Raises Denied."""
    return head_as_json(_row(size))


def head_as_json(row: PublishedHead) -> Head:
    stored = stored_head(row).as_json()
    try:
        return stored | {"stamp": bytes(row.stamp.token_der).hex()}
    except ObjectDoesNotExist:
        return stored


def inclusion(sequence: int, size: int) -> Inclusion:
    """That a line is in the tree of a published head.  Raises Denied."""
    _row(size)
    if not 1 <= sequence <= size:
        raise Denied([_UNKNOWN_LINE])
    leaf = AuditLine.objects.filter(sequence=sequence).values_list("leaf_hash", flat=True).first()
    if leaf is None:
        raise Denied([_INCOMPLETE])
    try:
        path = from_stored(lambda nodes: inclusion_proof(sequence - 1, size, nodes))
    except LineMissing as missing:
        raise Denied([_INCOMPLETE]) from missing
    return Inclusion(sequence=sequence, leaf=leaf, size=size, path=[node.hex() for node in path])


def consistency(first: int, second: int) -> Consistency:
    """That the tree of one published head begins with that of an earlier one.  Raises Denied."""
    _row(first)
    _row(second)
    if first > second:
        raise Denied([_UNKNOWN_HEAD])
    try:
        path = from_stored(lambda nodes: consistency_proof(first, second, nodes))
    except LineMissing as missing:
        raise Denied([_INCOMPLETE]) from missing
    return Consistency(first=first, second=second, path=[node.hex() for node in path])


def _row(size: int) -> PublishedHead:
    rows = PublishedHead.objects.select_related("stamp").filter(size=min(size, MOST_SIZE))
    row = rows.order_by("-id").first()
    if row is None:
        raise Denied([_UNKNOWN_HEAD])
    return row
