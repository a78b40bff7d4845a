"""Name constraints: which names an authority may give (RFC 5280 4.2.1.10).

Permitted subtrees of several authorities are not intersected: a name has to lie within the permitted subtrees of each
of them, which says the same.  Comparisons are counted, since certificates can be made that ask for millions of them.
"""

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509

from hpki.errors import HpkiError
from hpki.validation.distinguished_names import NormalisedName, email_addresses, is_within, normalised
from hpki.validation.facts import CertificateFacts
from hpki.validation.finding import Finding

IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
# A name or a subtree in the form it is compared in.
Value = str | NormalisedName | IpNetwork | IpAddress
_LABEL: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)\Z", re.IGNORECASE)
_SMTP_UTF8_MAILBOX: Final = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9")
DN, DNS, EMAIL, URI, IP = "directoryName", "dNSName", "rfc822Name", "uniformResourceIdentifier", "iPAddress"


class TooManyComparisons(HpkiError):
    """The names and constraints on a path ask for more comparisons than are made."""


@dataclass(frozen=True)
class Subtrees:
    """One authority's constraints by kind of name; `opaque` are kinds that nobody here can compare."""

    permitted: Mapping[str, tuple[Value, ...]]
    excluded: Mapping[str, tuple[Value, ...]]
    opaque: frozenset[str]


@dataclass
class NameRules:
    """The constraints gathered so far on the way down a path."""

    comparisons_left: int
    above: list[Subtrees] = field(default_factory=list)

    def add(self, certificate: CertificateFacts) -> None:
        """RFC 5280 6.1.4 (g): what this authority adds."""
        subtrees = subtrees_of(certificate)
        if subtrees is not None:
            self.above.append(subtrees)

    def findings(self, certificate: CertificateFacts) -> Iterator[Finding]:
        """RFC 5280 6.1.3 (b), (c) for every name of a certificate.  Raises TooManyComparisons."""
        if not self.above:
            return
        for kind, value, words in names_of(certificate):
            for subtrees in self.above:
                yield from self._judge(
                    kind, value, subtrees, Finding("", f"{kind} {words}", certificate.words)
                )

    def _judge(self, kind: str, value: Value | None, subtrees: Subtrees, about: Finding) -> Iterator[Finding]:
        permitted, excluded = subtrees.permitted.get(kind, ()), subtrees.excluded.get(kind, ())
        self.comparisons_left -= 1 + len(permitted) + len(excluded)
        if self.comparisons_left < 0:
            raise TooManyComparisons("the names on the path meet too many constraints")
        if kind in subtrees.opaque or (value is None and (permitted or excluded)):
            yield Finding("name_not_comparable", about.detail, about.about)
        elif value is not None:
            within = _COMPARE[kind]
            if permitted and not any(within(value, subtree, False) for subtree in permitted):  # noqa: FBT003 - see Compare
                yield Finding("name_not_permitted", about.detail, about.about)
            if any(within(value, subtree, True) for subtree in excluded):  # noqa: FBT003 - see Compare
                yield Finding("name_excluded", about.detail, about.about)


@lru_cache(maxsize=256)
def subtrees_of(certificate: CertificateFacts) -> Subtrees | None:
    """The constraints of an authority, None when it has none."""
    value = certificate.extension(x509.NameConstraints)
    if value is None:
        return None
    opaque: set[str] = set()
    permitted = _subtrees(value.permitted_subtrees or (), opaque)
    excluded = _subtrees(value.excluded_subtrees or (), opaque)
    if uses_minimum_or_maximum(certificate, value):
        # RFC 5280 4.2.1.10: whoever does not process these fields has to refuse names of that kind.
        opaque.update(permitted, excluded)
    return Subtrees(permitted, excluded, frozenset(opaque))


@lru_cache(maxsize=256)
def names_of(certificate: CertificateFacts) -> tuple[tuple[str, Value | None, str], ...]:
    """Every name of a certificate that constraints reach: kind, value (None: not comparable), words."""
    found: list[tuple[str, Value | None, str]] = []
    if certificate.subject_name:
        found.append((DN, certificate.subject_name, certificate.subject_words))
    alternative = certificate.extension(x509.SubjectAlternativeName)
    found.extend((_kind(name), _name_value(name), printable_name(name)) for name in alternative or ())
    if not any(isinstance(name, x509.RFC822Name) for name in alternative or ()):
        # RFC 5280 4.2.1.10: "When a certificate does not include a subject alternative name [of rfc822Name], the rfc822Name
        # constraint MUST be applied to the attribute of type emailAddress in the subject distinguished name."
        addresses = email_addresses(certificate.subject_name)
        found.extend((EMAIL, _mailbox(address), address) for address in addresses)
    return tuple(found)


def malformed_constraints(certificate: CertificateFacts) -> Iterator[str]:
    """What is wrong with the form of an authority's constraints."""
    value = certificate.extension(x509.NameConstraints)
    if value is None:
        return
    if not value.permitted_subtrees and not value.excluded_subtrees:
        yield "nameConstraints are empty"
    if uses_minimum_or_maximum(certificate, value):
        # RFC 5280 4.2.1.10: "minimum MUST be zero, and maximum MUST be absent."
        yield "nameConstraints use minimum or maximum"
    for name in (*(value.permitted_subtrees or ()), *(value.excluded_subtrees or ())):
        text = name.value if isinstance(name.value, str) else ""
        host = text.rpartition("@")[2] if isinstance(name, x509.RFC822Name) else text
        if isinstance(name, x509.DNSName) and host and not is_dns_name(host):
            yield f"a dNSName constraint is no name: {printable_name(name)}"
        if isinstance(name, x509.RFC822Name) and (
            text.count("@") > 1 or not is_dns_name(host.removeprefix("."))
        ):
            yield f"an rfc822Name constraint is no mailbox, host or domain: {printable_name(name)}"
        if isinstance(name, x509.UniformResourceIdentifier) and not is_dns_name(host.removeprefix(".")):
            yield f"a URI constraint is no host or domain: {printable_name(name)}"


def uses_minimum_or_maximum(certificate: CertificateFacts, value: x509.NameConstraints) -> bool:
    """Whether subtrees have fields that `cryptography` leaves out: writing them again gives other octets."""
    return value.public_bytes() != certificate.extension_ders[value.oid]


def malformed_names(certificate: CertificateFacts) -> Iterator[str]:
    """What is wrong with the form of the alternative names of a subject."""
    for name in certificate.extension(x509.SubjectAlternativeName) or ():
        if isinstance(name, x509.DNSName):
            labels = name.value.removeprefix("*.")
            # RFC 5280 4.2.1.6: "The name MUST be in the "preferred name syntax""; an address belongs into iPAddress.
            if not is_dns_name(labels) or labels.replace(".", "").isdigit():
                yield f"a dNSName is no name: {printable_name(name)}"
        elif isinstance(name, x509.RFC822Name) and _mailbox(name.value) is None:
            yield f"an rfc822Name is no mailbox: {printable_name(name)}"


def is_dns_name(text: str) -> bool:
    """Labels of letters, digits and hyphens, joined by dots (RFC 1034 3.5 as changed by RFC 1123 2.1)."""
    return 0 < len(text) <= 253 and all(_LABEL.match(label) for label in text.split("."))


def printable_name(name: x509.GeneralName) -> str:
    """A general name for people."""
    text = name.value if isinstance(name.value, str) else repr(name.value)
    return "".join(sign if sign.isprintable() else "?" for sign in text[:200])


def _kind(name: x509.GeneralName) -> str:
    if isinstance(name, x509.OtherName) and name.type_id == _SMTP_UTF8_MAILBOX:
        # RFC 9598 6: constraints on rfc822Name hold for it; it is not compared here, so it is refused under one.
        return EMAIL
    return _KINDS.get(type(name), type(name).__name__)


def _subtrees(names: Sequence[x509.GeneralName], opaque: set[str]) -> Mapping[str, tuple[Value, ...]]:
    found: dict[str, list[Value]] = {}
    for name in names:
        kind, value = _kind(name), _subtree_value(name)
        if value is None:
            opaque.add(kind)
        else:
            found.setdefault(kind, []).append(value)
    return {kind: tuple(values) for kind, values in found.items()}


def _subtree_value(name: x509.GeneralName) -> Value | None:
    if isinstance(name, x509.DirectoryName):
        return normalised(name.value.public_bytes())
    if isinstance(name, x509.IPAddress):
        return name.value if isinstance(name.value, IpNetwork) else None
    if isinstance(name, x509.DNSName) and name.value and not is_dns_name(name.value):
        # ".hospital.example" would meet no name at all, and so exclude nothing.
        return None
    if isinstance(name, x509.DNSName | x509.UniformResourceIdentifier):
        return name.value.lower()
    if isinstance(name, x509.RFC822Name):
        local, at, host = name.value.rpartition("@")
        return f"{local}{at}{host.lower()}"
    return None


def _name_value(name: x509.GeneralName) -> Value | None:
    if isinstance(name, x509.DirectoryName):
        return normalised(name.value.public_bytes())
    if isinstance(name, x509.IPAddress):
        return name.value if isinstance(name.value, IpAddress) else None
    if isinstance(name, x509.DNSName):
        # "www.hospital.example." is the same host for a resolver and another one for a comparison.
        return name.value.lower() if is_dns_name(name.value.removeprefix("*.")) else None
    if isinstance(name, x509.RFC822Name):
        return _mailbox(name.value)
    if isinstance(name, x509.UniformResourceIdentifier):
        return _host(name.value)
    return None


def _mailbox(text: str) -> str | None:
    local, _, host = text.rpartition("@")
    return f"{local}@{host.lower()}" if local and "@" not in local and is_dns_name(host) else None


def _host(uri: str) -> str | None:
    # RFC 5280 4.2.1.10: a URI without a host as a fully qualified domain name MUST be rejected under such a constraint.
    # A backslash or a control character is dropped or read as a slash by some: two readers see two hosts.
    if "\\" in uri or not uri.isprintable() or " " in uri:
        return None
    try:
        host = urlsplit(uri).hostname
    except ValueError:
        return None
    return host.lower() if host and is_dns_name(host) and not host.replace(".", "").isdigit() else None


def _within_name(value: Value, subtree: Value, _excluding: bool) -> bool:  # noqa: FBT001 - see Compare
    return isinstance(value, tuple) and isinstance(subtree, tuple) and is_within(value, subtree)


def _within_dns(value: Value, subtree: Value, excluding: bool) -> bool:  # noqa: FBT001 - see Compare
    name, domain = str(value), str(subtree)
    if not domain or name == domain or name.endswith(f".{domain}"):
        return True
    # A wildcard stands for every label, so it also names hosts within an excluded domain one label below it.
    return excluding and name.startswith("*.") and domain.partition(".")[2] == name[2:]


def _within_mailboxes(value: Value, subtree: Value, _excluding: bool) -> bool:  # noqa: FBT001 - see Compare
    mailbox, constraint = str(value), str(subtree)
    host = mailbox.rpartition("@")[2]
    if "@" in constraint:
        return mailbox == constraint
    return host.endswith(constraint) if constraint.startswith(".") else host == constraint


def _within_hosts(value: Value, subtree: Value, _excluding: bool) -> bool:  # noqa: FBT001 - see Compare
    host, constraint = str(value), str(subtree)
    return host.endswith(constraint) if constraint.startswith(".") else host == constraint


def _within_network(value: Value, subtree: Value, excluding: bool) -> bool:  # noqa: FBT001 - see Compare
    if not isinstance(value, IpAddress) or not isinstance(subtree, IpNetwork):
        return False
    # ::ffff:10.0.0.1 reaches 10.0.0.1 (RFC 4291 2.5.5.2), so what is excluded stays excluded in that dress.
    mapped = value.ipv4_mapped if excluding and isinstance(value, ipaddress.IPv6Address) else None
    return value in subtree or (mapped is not None and mapped in subtree)


# (name, subtree, excluding): `excluding` asks whether any host that the name stands for lies in the subtree.
Compare = Callable[[Value, Value, bool], bool]
_COMPARE: Final[dict[str, Compare]] = {
    DN: _within_name,
    DNS: _within_dns,
    EMAIL: _within_mailboxes,
    URI: _within_hosts,
    IP: _within_network,
}
_KINDS: Final[dict[type[x509.GeneralName], str]] = {
    x509.DirectoryName: DN,
    x509.DNSName: DNS,
    x509.RFC822Name: EMAIL,
    x509.UniformResourceIdentifier: URI,
    x509.IPAddress: IP,
}
