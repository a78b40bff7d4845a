"""Evidence records: hash trees under time-stamps, renewed over the years, as time-stamps of a document (RFC 4998, RFC 6283).

A chain holds archive time-stamps with one hash algorithm, each over the one before (time-stamp renewal); a new chain is
over the data once more and over all chains before it (hash-tree renewal).  Reading proves nothing: each archive time-stamp
becomes one fact with what it should be of and what it covers, and the judge takes them from the newest to the oldest.
The two ways of writing a record are read by `evidence_record_asn1` and `evidence_record_xml`.
"""

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from hpki.errors import MalformedInput
from hpki.signatures.algorithms import HashKind
from hpki.signatures.cms.evidence import identities
from hpki.signatures.cms.token import Token, read_token, time_stamp_facts, unreadable_time_stamp
from hpki.signatures.content import Content
from hpki.signatures.facts import DigestFact, TimeStampFacts, TimeStampKind
from hpki.signatures.finding import SignatureFinding
from hpki.validation.evidence import Evidence

MOST_CHAINS: Final = 64
MOST_STAMPS: Final = 128
MOST_LISTS: Final = 128
MOST_HASHES: Final = 10_000

# One list of hash values after the other, from the leaves upwards.
Tree = tuple[tuple[bytes, ...], ...]
# What else exists when these objects do, by their names: signatures, certificates, tokens.
Proven = Callable[[Collection[str]], frozenset[bytes]]
# The hash of something, in every reading that a standard leaves open, the likeliest first.
Hashed = Callable[[HashKind], tuple[bytes, ...]]


@dataclass(frozen=True)
class ArchiveStamp:
    """One ArchiveTimeStamp.

    `algorithm` is None where the token's own counts; `tree` is empty where a single hash is stamped; `held` is what was
    kept with the token for its validation.
    """

    algorithm: HashKind | None
    tree: Tree = field(repr=False)
    token_der: bytes = field(repr=False)
    held: Evidence = field(repr=False, default_factory=Evidence)


class Record(Protocol):
    """An evidence record in either syntax; numbers of chains and places in them count from zero."""

    @property
    def profile(self) -> str:
        """The standard that it is written by."""
        ...

    @property
    def chains(self) -> Sequence[Sequence[ArchiveStamp]]:
        """The archive time-stamps in their order."""
        ...

    @property
    def unread(self) -> tuple[str, ...]:
        """Parts that are there and are not read, which nothing protects either."""
        ...

    def states(self, kind: HashKind) -> bool:
        """Whether the record says that it uses a hash."""
        ...

    def way(self, number: int) -> Hashable:
        """What the hash of a data object depends on, beside the algorithm: chains of one way give one hash."""
        ...

    def hashes_of(self, content: Content, number: int, kind: HashKind) -> tuple[bytes, ...]:
        """The hash of a data object as a chain takes it, the likeliest reading first."""
        ...

    def renewed(self, number: int, place: int, kind: HashKind) -> bytes:
        """The hash of what a time-stamp renewal of an archive time-stamp is of."""
        ...

    def chained(self, number: int, kind: HashKind) -> Callable[[bytes], bytes]:
        """What the first list of a later chain holds of a data object's hash."""
        ...

    def beside(self, number: int, kind: HashKind) -> tuple[bytes, ...]:
        """The hash of all chains before in every reading, where a later chain's first list holds it for itself."""
        ...


def require_chains(what: str, chains: Sequence[Sequence[ArchiveStamp]]) -> None:
    """Raises MalformedInput for more than is worked out, and for a chain of nothing."""
    if len(chains) > MOST_CHAINS or sum(map(len, chains)) > MOST_STAMPS:
        raise MalformedInput(what, f"over {MOST_CHAINS} chains or {MOST_STAMPS} archive time-stamps")
    if not chains or not all(chains):
        raise MalformedInput(what, "a chain without an archive time-stamp")


def require_tree(what: str, tree: Sequence[Sequence[bytes]]) -> None:
    """Raises MalformedInput for a hash tree that is larger than is worked out."""
    if len(tree) > MOST_LISTS or sum(map(len, tree)) > MOST_HASHES:
        raise MalformedInput(what, "its hash tree is too large")


def root_of(tree: Tree, kind: HashKind) -> bytes | None:
    """The root of a reduced hash tree (RFC 4998 4.3, RFC 6283 3.1.1): each list with the value of the one before, sorted,
    joined, hashed.

    One value alone goes up as it is.  None for an empty tree.
    """
    value: bytes | None = None
    for listed in tree:
        group = sorted(listed if value is None else (*listed, value))
        if group:
            value = group[0] if len(group) == 1 else kind.digest(b"".join(group))
    return value


def tokens_of(record: Record) -> frozenset[bytes]:
    """What exists when a record does: its tokens, as far as they can be read, and what each holds."""
    found = []
    for stamp in (each for chain in record.chains for each in chain):
        found.append(identities(stamp.held))
        try:
            found.append(read_token(stamp.token_der, record.profile).identities())
        except MalformedInput:
            continue
    return frozenset().union(*found)


@dataclass
class RecordReader:
    """One record beside what it is of: name → octets, or the way to their hash; None for what is not at hand.

    `proven` says what else exists when those do.
    """

    record: Record
    place: str
    objects: Mapping[str, Content | Hashed | None]
    proven: Proven
    tokens: list[Token] = field(default_factory=list)
    _hashed: dict[tuple[str, str, Hashable], tuple[bytes, ...]] = field(default_factory=dict)

    def time_stamps(self) -> Iterator[TimeStampFacts]:
        """Every archive time-stamp of the record, the oldest first."""
        for number, chain in enumerate(self.record.chains):
            before = self.identities(number)
            kind: HashKind | None = None
            for place, stamp in enumerate(chain):
                where = self._where(number, place)
                try:
                    token = read_token(stamp.token_der, where)
                except MalformedInput as error:
                    why = f"{error.what}: {error.why}"[:200]
                    yield unreadable_time_stamp(TimeStampKind.ARCHIVE, where, why)
                    return
                kind = kind or stamp.algorithm or token.imprint_hash
                expected = {} if kind is None else self._expected(number, place, kind)
                made = self._stamp(stamp, token, kind, expected)
                found = {each.place for each in made.through if each.computed == each.stated}
                covers: frozenset[bytes] = frozenset()
                if place and found:
                    covers = self.tokens[-1].identities() | identities(chain[place - 1].held)
                elif found and expected.keys() - self.objects.keys() <= found:
                    covers = self.proven(found & self.objects.keys()) | before
                if not self.tokens:
                    unread = (SignatureFinding("record_unread", each, where) for each in self.record.unread)
                    made = replace(made, troubles=(*made.troubles, *unread))
                self.tokens.append(token)
                yield replace(made, covers=covers)

    def identities(self, chains: int | None = None) -> frozenset[bytes]:
        """What stands in the record, or in its first chains: the tokens that were read, and what each holds."""
        held = (identities(stamp.held) for chain in self.record.chains[:chains] for stamp in chain)
        return frozenset().union(*(token.identities() for token in self.tokens), *held)

    def evidence(self) -> Iterator[Evidence]:
        """What the tokens that were read hold, and what was kept beside them."""
        yield from (token.evidence for token in self.tokens)
        yield from (stamp.held for chain in self.record.chains for stamp in chain)

    def _where(self, number: int, place: int) -> str:
        return f"{self.place}: archive time-stamp {number + 1}.{place + 1}"

    def _expected(self, number: int, place: int, kind: HashKind) -> dict[str, tuple[bytes, ...]]:
        """What the first list of a time-stamp has to hold, in every reading; nothing for what is not at hand."""
        if place:
            return {self._where(number, place - 1): (self.record.renewed(number, place - 1, kind),)}
        expected = {name: self._hashes(name, number, kind) for name in self.objects}
        if number:
            chained = self.record.chained(number, kind)
            expected = {name: tuple(map(chained, values)) for name, values in expected.items()}
            beside = self.record.beside(number, kind)
            expected |= {f"{self.place}: chains 1–{number}": beside} if beside else {}
        return expected

    def _hashes(self, name: str, number: int, kind: HashKind) -> tuple[bytes, ...]:
        content = self.objects[name]
        if content is None:
            return ()
        key = (name, kind.name, self.record.way(number))
        if key not in self._hashed:
            made = content(kind) if callable(content) else self.record.hashes_of(content, number, kind)
            self._hashed[key] = made
        return self._hashed[key]

    def _stamp(
        self,
        stamp: ArchiveStamp,
        token: Token,
        kind: HashKind | None,
        expected: Mapping[str, tuple[bytes, ...]],
    ) -> TimeStampFacts:
        where = token.facts.place
        tree = stamp.tree or (_alone(expected, token),)
        first = set(tree[0])
        through = tuple(_found(name, kind, readings, first) for name, readings in expected.items())
        troubles = [
            SignatureFinding(
                "record_object" if each.place in self.objects else "record_chain", each.place, where
            )
            for each in through
            if each.computed != each.stated
        ]
        # RFC 4998 3.1: digestAlgorithms are all the hash algorithms that the record uses; RFC 6283 4.1.1: one for a chain.
        is_stated = kind is not None and self.record.states(kind)
        if not is_stated or kind is not token.imprint_hash or stamp.algorithm not in {None, kind}:
            troubles.append(SignatureFinding("algorithm_substituted", self.record.profile, where))
        root = None if kind is None else root_of(tree, kind)
        made = time_stamp_facts(token, TimeStampKind.ARCHIVE, root, frozenset(), self.record.profile)
        return replace(made, troubles=(*made.troubles, *troubles), through=through)


def _alone(expected: Mapping[str, tuple[bytes, ...]], token: Token) -> tuple[bytes, ...]:
    """The one value that is stamped where no tree is: what the token is of if a reading gives that, else the likeliest."""
    if len(expected) != 1:
        return ()
    [readings] = expected.values()
    return tuple(each for each in readings if each == token.imprint)[:1] or readings[:1]


def _found(name: str, kind: HashKind | None, readings: tuple[bytes, ...], first: set[bytes]) -> DigestFact:
    """Whether a list holds the hash of something; `computed` is empty where it does not, None where it is not at hand."""
    for value in readings:
        if value in first:
            return DigestFact(name, kind, value, value)
    return DigestFact(name, kind, readings[0], b"") if readings else DigestFact(name, kind, b"", None)
