"""Evidence records (RFC 4998): hash trees under time-stamps, renewed over the years, as time-stamps of a document.

A chain holds archive time-stamps with one hash algorithm, each over the one before (time-stamp renewal); a new chain is
over the data once more and over all chains before it (hash-tree renewal).  Reading proves nothing: each archive time-stamp
becomes one fact with what it should be of and what it covers, and the judge takes them from the newest to the oldest.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from hpki.certs import der
from hpki.certs.der_cursor import DerCursor
from hpki.errors import MalformedInput
from hpki.signatures.algorithms import HashKind, hash_of_identifier
from hpki.signatures.cms.token import Token, read_token, time_stamp_facts, unreadable_time_stamp
from hpki.signatures.facts import DigestFact, TimeStampFacts, TimeStampKind
from hpki.signatures.finding import SignatureFinding

PROFILE: Final = "RFC 4998"
MOST_CHAINS: Final = 64
MOST_STAMPS: Final = 128
MOST_LISTS: Final = 128
MOST_HASHES: Final = 10_000
_CONTEXT_0, _CONTEXT_1, _CONTEXT_2 = 0xA0, 0xA1, 0xA2

# What else exists when these files do, by their names: signatures, certificates, tokens.
Proven = Callable[[Collection[str]], frozenset[bytes]]


@dataclass(frozen=True)
class ArchiveStamp:
    """One ArchiveTimeStamp.  `algorithm` is None where the token's own counts; `tree` is empty where a single hash is stamped."""

    algorithm: HashKind | None
    tree: tuple[tuple[bytes, ...], ...] = field(repr=False)
    token_der: bytes = field(repr=False)


@dataclass(frozen=True)
class EvidenceRecord:
    """The hash algorithms that it says it uses, the chains in their order, and each as it is encoded."""

    algorithms: frozenset[str]
    chains: tuple[tuple[ArchiveStamp, ...], ...]
    encoded: tuple[bytes, ...] = field(repr=False)


def read_evidence_record(octets: bytes) -> EvidenceRecord:
    """An EvidenceRecord of version 1.  Raises MalformedInput, also where the data were encrypted first (RFC 4998 6)."""
    outer = DerCursor(octets, "evidence record")
    record = outer.enter(der.SEQUENCE)
    outer.finish()
    if record.octets(der.INTEGER) != b"\x01":
        raise MalformedInput("evidence record", "its version is not 1")
    algorithms = frozenset(_algorithms(record.enter(der.SEQUENCE)))
    record.skip_optional(_CONTEXT_0)
    if record.is_next(_CONTEXT_1):
        raise MalformedInput("evidence record", "it is of encrypted data")
    sequence = record.enter(der.SEQUENCE)
    record.finish()
    chains: list[tuple[ArchiveStamp, ...]] = []
    encoded: list[bytes] = []
    while sequence.more():
        whole, chain = sequence.enter_whole(der.SEQUENCE)
        encoded.append(whole)
        chains.append(tuple(islice(_stamps(chain), MOST_STAMPS + 1)))
        if len(chains) > MOST_CHAINS or sum(map(len, chains)) > MOST_STAMPS:
            raise MalformedInput(
                "evidence record", f"over {MOST_CHAINS} chains or {MOST_STAMPS} archive time-stamps"
            )
    if not chains or not all(chains):
        raise MalformedInput("evidence record", "a chain without an archive time-stamp")
    return EvidenceRecord(algorithms, tuple(chains), tuple(encoded))


def _algorithms(listed: DerCursor) -> Iterator[str]:
    """The names of those that are known."""
    while listed.more():
        kind = hash_of_identifier(listed.element())
        if kind is not None:
            yield kind.name


def _stamps(chain: DerCursor) -> Iterator[ArchiveStamp]:
    while chain.more():
        stamp = chain.enter(der.SEQUENCE)
        algorithm = None
        if (named := stamp.optional_octets(_CONTEXT_0)) is not None:
            algorithm = hash_of_identifier(der.tlv(der.SEQUENCE, named))
            if algorithm is None:
                raise MalformedInput("evidence record", "its hash algorithm is not known")
        stamp.skip_optional(_CONTEXT_1)
        tree = stamp.optional(_CONTEXT_2)
        lists = () if tree is None else tuple(_lists(tree))
        token = stamp.element()
        stamp.finish()
        yield ArchiveStamp(algorithm, lists, token)


def _lists(tree: DerCursor) -> Iterator[tuple[bytes, ...]]:
    count = hashes = 0
    while tree.more():
        count += 1
        listed = tree.enter(der.SEQUENCE)
        values = []
        while listed.more():
            values.append(listed.octets(der.OCTET_STRING))
            hashes += 1
            if count > MOST_LISTS or hashes > MOST_HASHES:
                raise MalformedInput("evidence record", "its hash tree is too large")
        yield tuple(values)


def root_of(tree: tuple[tuple[bytes, ...], ...], kind: HashKind) -> bytes | None:
    """The root of a reduced hash tree (RFC 4998 4.3): each list with the value of the one before, sorted, joined, hashed.

    One value alone goes up as it is.  None for an empty tree.
    """
    value: bytes | None = None
    for listed in tree:
        group = sorted(listed if value is None else (*listed, value))
        if group:
            value = group[0] if len(group) == 1 else kind.digest(b"".join(group))
    return value


@dataclass
class RecordReader:
    """One record beside its data objects: name → octets, and what else exists when they do."""

    record: EvidenceRecord
    place: str
    objects: Mapping[str, bytes]
    proven: Proven
    tokens: list[Token] = field(default_factory=list)
    _hashed: dict[str, dict[str, bytes]] = field(default_factory=dict)

    def time_stamps(self) -> Iterator[TimeStampFacts]:
        """Every archive time-stamp of the record, the oldest first."""
        for number, chain in enumerate(self.record.chains):
            earlier: Token | None = None
            kind: HashKind | None = None
            before = frozenset().union(*(token.identities() for token in self.tokens))
            for place, stamp in enumerate(chain):
                where = f"{self.place}: archive time-stamp {number + 1}.{place + 1}"
                try:
                    token = read_token(stamp.token_der, where)
                except MalformedInput as error:
                    yield unreadable_time_stamp(
                        TimeStampKind.ARCHIVE, where, f"{error.what}: {error.why}"[:200]
                    )
                    return
                kind = kind or stamp.algorithm or token.imprint_hash
                if place and earlier is not None:
                    expected = {
                        f"{self.place}: archive time-stamp {number + 1}.{place}": chain[place - 1].token_der
                    }
                    made = self._stamp(stamp, token, kind, {} if kind is None else _hashes(expected, kind))
                    made = replace(made, covers=earlier.identities() if _is_found(made) else frozenset())
                else:
                    made = self._stamp(stamp, token, kind, {} if kind is None else self._data(number, kind))
                    found = [each.place for each in made.through if not each.is_broken]
                    covers = self.proven(found) | before if found else frozenset()
                    made = replace(made, covers=covers)
                self.tokens.append(token)
                earlier = token
                yield made

    def _data(self, number: int, kind: HashKind) -> dict[str, bytes]:
        """What the first list of a chain has to hold: the hash of each object, with that of the chains before (5.2)."""
        if kind.name not in self._hashed:
            self._hashed[kind.name] = _hashes(self.objects, kind)
        hashes = self._hashed[kind.name]
        if number == 0:
            return hashes
        chains = kind.digest(der.tlv(der.SEQUENCE, *self.record.encoded[:number]))
        # "Concatenate each h(i) with ha(i) and generate hash values h(i)' = H (h(i) + ha(i))": in this order, not sorted.
        return {name: kind.digest(value + chains) for name, value in hashes.items()}

    def _stamp(
        self, stamp: ArchiveStamp, token: Token, kind: HashKind | None, expected: Mapping[str, bytes]
    ) -> TimeStampFacts:
        where = token.facts.place
        single = tuple(expected.values()) if len(expected) == 1 else ()
        tree = stamp.tree or (single,)
        first = set(tree[0])
        through = tuple(
            DigestFact(name, kind, value, value if value in first else b"")
            for name, value in expected.items()
        )
        troubles = [
            SignatureFinding("hash_index_broken", each.place, where) for each in through if each.is_broken
        ]
        # RFC 4998 3.1: digestAlgorithms are all the hash algorithms that the record uses.
        is_stated = kind is not None and kind.name in self.record.algorithms
        if not is_stated or kind is not token.imprint_hash or stamp.algorithm not in {None, kind}:
            troubles.append(SignatureFinding("algorithm_substituted", PROFILE, where))
        root = None if kind is None else root_of(tree, kind)
        made = time_stamp_facts(token, TimeStampKind.ARCHIVE, root, frozenset(), PROFILE)
        return replace(made, troubles=(*made.troubles, *troubles), through=through)


def _hashes(objects: Mapping[str, bytes], kind: HashKind) -> dict[str, bytes]:
    return {name: kind.digest(octets) for name, octets in objects.items()}


def _is_found(made: TimeStampFacts) -> bool:
    return bool(made.through) and not any(each.is_broken for each in made.through)
