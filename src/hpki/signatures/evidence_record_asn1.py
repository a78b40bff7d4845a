"""Evidence records in ASN.1 (RFC 4998)."""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from hpki.certs import der
from hpki.certs.der_cursor import DerCursor
from hpki.errors import MalformedInput
from hpki.signatures.algorithms import HashKind, hash_of_identifier
from hpki.signatures.content import Content
from hpki.signatures.evidence_record import (
    MOST_CHAINS,
    MOST_HASHES,
    MOST_LISTS,
    MOST_STAMPS,
    ArchiveStamp,
    Tree,
    require_chains,
    require_tree,
)

_WHAT: Final = "evidence record"
_CONTEXT_0, _CONTEXT_1, _CONTEXT_2 = 0xA0, 0xA1, 0xA2


@dataclass(frozen=True)
class EvidenceRecord:
    """The hash algorithms that it says it uses, the chains in their order, and each as it is encoded."""

    algorithms: frozenset[str]
    chains: tuple[tuple[ArchiveStamp, ...], ...]
    encoded: tuple[bytes, ...] = field(repr=False)
    unread: tuple[str, ...] = ()
    profile: str = "RFC 4998"

    def states(self, kind: HashKind) -> bool:
        """3.1: "digestAlgorithms is a sequence of all the hash algorithms used"."""
        return kind.name in self.algorithms

    def way(self, _number: int) -> Hashable:
        """Octets are hashed as they are."""
        return None

    def hashes_of(self, content: Content, _number: int, kind: HashKind) -> tuple[bytes, ...]:
        """The hash of the octets."""
        return (content.digest(kind.name),)

    def renewed(self, number: int, place: int, kind: HashKind) -> bytes:
        """5.2: the hash of the timeStamp field."""
        return kind.digest(self.chains[number][place].token_der)

    def chained(self, number: int, kind: HashKind) -> Callable[[bytes], bytes]:
        """5.2: the data object's hash with that of the chains before."""
        chains = kind.digest(der.tlv(der.SEQUENCE, *self.encoded[:number]))
        # "Concatenate each h(i) with ha(i) and generate hash values h(i)' = H (h(i) + ha(i))": in this order, not sorted.
        return lambda value: kind.digest(value + chains)

    def beside(self, _number: int, _kind: HashKind) -> tuple[bytes, ...]:
        """Nothing: it is in the hash of each data object."""
        return ()


def read_evidence_record(octets: bytes) -> EvidenceRecord:
    """An EvidenceRecord of version 1.  Raises MalformedInput, also where the data were encrypted first (RFC 4998 6)."""
    outer = DerCursor(octets, _WHAT)
    record = outer.enter(der.SEQUENCE)
    outer.finish()
    if record.octets(der.INTEGER) != b"\x01":
        raise MalformedInput(_WHAT, "its version is not 1")
    algorithms = frozenset(_algorithms(record.enter(der.SEQUENCE)))
    unread: tuple[str, ...] = ("cryptoInfos",) if record.is_next(_CONTEXT_0) else ()
    record.skip_optional(_CONTEXT_0)
    if record.is_next(_CONTEXT_1):
        raise MalformedInput(_WHAT, "it is of encrypted data")
    sequence = record.enter(der.SEQUENCE)
    record.finish()
    chains: list[tuple[ArchiveStamp, ...]] = []
    encoded: list[bytes] = []
    while sequence.more() and len(chains) <= MOST_CHAINS:
        whole, chain = sequence.enter_whole(der.SEQUENCE)
        encoded.append(whole)
        read = list(islice(_stamps(chain), MOST_STAMPS + 1))
        chains.append(tuple(stamp for stamp, _ in read))
        unread += ("attributes",) * any(has_attributes for _, has_attributes in read)
    require_chains(_WHAT, chains)
    return EvidenceRecord(algorithms, tuple(chains), tuple(encoded), tuple(dict.fromkeys(unread)))


def _algorithms(listed: DerCursor) -> Iterator[str]:
    """The names of those that are known."""
    while listed.more():
        kind = hash_of_identifier(listed.element())
        if kind is not None:
            yield kind.name


def _stamps(chain: DerCursor) -> Iterator[tuple[ArchiveStamp, bool]]:
    """Each archive time-stamp, and whether it has attributes."""
    while chain.more():
        stamp = chain.enter(der.SEQUENCE)
        algorithm = None
        if (named := stamp.optional_octets(_CONTEXT_0)) is not None:
            algorithm = hash_of_identifier(der.tlv(der.SEQUENCE, named))
            if algorithm is None:
                raise MalformedInput(_WHAT, "its hash algorithm is not known")
        has_attributes = stamp.is_next(_CONTEXT_1)
        stamp.skip_optional(_CONTEXT_1)
        tree = stamp.optional(_CONTEXT_2)
        lists = () if tree is None else _lists(tree)
        token = stamp.element()
        stamp.finish()
        yield ArchiveStamp(algorithm, lists, token), has_attributes


def _lists(tree: DerCursor) -> Tree:
    lists: list[tuple[bytes, ...]] = []
    while tree.more() and len(lists) <= MOST_LISTS:
        values = tree.enter(der.SEQUENCE)
        lists.append(tuple(islice(_values(values), MOST_HASHES + 1)))
        require_tree(_WHAT, lists)
    return tuple(lists)


def _values(listed: DerCursor) -> Iterator[bytes]:
    while listed.more():
        yield listed.octets(der.OCTET_STRING)
