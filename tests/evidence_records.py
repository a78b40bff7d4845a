"""Evidence records (RFC 4998) as an archive makes them: hash trees under time-stamps, renewed over the years."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from hpki.certs import der
from hpki.signatures.algorithms import SHA_256, HashKind
from hpki.signatures.cms.extending import Extension, self_contained
from hpki.validation.evidence import Evidence
from tests.signing_scene import LocalAuthority

IDENTIFIERS = {
    "sha256": bytes.fromhex("300b0609608648016503040201"),
    "sha512": bytes.fromhex("300b0609608648016503040203"),
}
_CONTEXT_2 = 0xA2


def listed(values: Iterable[bytes]) -> bytes:
    return der.tlv(der.SEQUENCE, *(der.tlv(der.OCTET_STRING, each) for each in values))


@dataclass
class Archive:
    """A record in the making: each chain is the list of its archive time-stamps, a hash tree (DER) and a token."""

    objects: Sequence[bytes]
    kinds: list[HashKind] = field(default_factory=list)
    chains: list[list[tuple[bytes, bytes]]] = field(default_factory=list)

    def begin(
        self, authority: LocalAuthority, kind: HashKind = SHA_256, evidence: Evidence | None = None
    ) -> None:
        """A first chain, or hash-tree renewal: over all objects, and over the chains before.

        The last token is given what its authority needs first, out of `evidence`.
        """
        self._complete(authority, evidence)
        hashes = [kind.digest(each) for each in self.objects]
        if self.chains:
            before = kind.digest(self._sequence())
            hashes = [kind.digest(each + before) for each in hashes]
        self.kinds.append(kind)
        self.chains.append([])
        self._stamp(authority, hashes)

    def renew(self, authority: LocalAuthority, evidence: Evidence | None = None) -> None:
        """Time-stamp renewal: over the last token, among others that an archive renews at the same time."""
        self._complete(authority, evidence)
        kind, (_, token) = self.kinds[-1], self.chains[-1][-1]
        self._stamp(authority, [kind.digest(token), kind.digest(b"a token of another record")])

    def _complete(self, authority: LocalAuthority, evidence: Evidence | None) -> None:
        if self.chains and evidence is not None:
            tree, token = self.chains[-1][-1]
            self.chains[-1][-1] = tree, self_contained(token, Extension(authority, evidence))

    def _stamp(self, authority: LocalAuthority, first: Sequence[bytes]) -> None:
        kind = self.kinds[-1]
        value = first[0] if len(first) == 1 else kind.digest(b"".join(sorted(first)))
        other = kind.digest(b"the rest of the tree")
        root = kind.digest(b"".join(sorted((value, other))))
        tree = der.tlv(_CONTEXT_2, listed(first), listed([other]))
        self.chains[-1].append((tree, authority.stamp(kind, root)))

    def _sequence(self) -> bytes:
        encoded = ([der.tlv(der.SEQUENCE, *stamp) for stamp in chain] for chain in self.chains)
        return der.tlv(der.SEQUENCE, *(der.tlv(der.SEQUENCE, *chain) for chain in encoded))

    def octets(self) -> bytes:
        """The record."""
        names = dict.fromkeys(kind.name for kind in self.kinds)
        return der.tlv(
            der.SEQUENCE,
            der.tlv(der.INTEGER, b"\x01"),
            der.tlv(der.SEQUENCE, *(IDENTIFIERS[name] for name in names)),
            self._sequence(),
        )
