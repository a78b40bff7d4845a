"""Namespaces, element names and algorithm identifiers of XML signatures.

XMLDSig: W3C xmldsig-core1; algorithms: RFC 9231 (before: RFC 4051, 6931); XAdES: EN 319 132-1, TS 101 903.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, padding

from hpki.signatures.algorithms import HASHES, HashKind, SignatureAlgorithm

DS: Final = "http://www.w3.org/2000/09/xmldsig#"
XADES: Final = "http://uri.etsi.org/01903/v1.3.2#"
XADES_141: Final = "http://uri.etsi.org/01903/v1.4.1#"
XADES_ER: Final = "http://uri.etsi.org/19132/v1.1.1#"
EXC_C14N: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
FILTER_2: Final = "http://www.w3.org/2002/06/xmldsig-filter2"
_MORE: Final = "http://www.w3.org/2001/04/xmldsig-more#"
_MORE_2007: Final = "http://www.w3.org/2007/05/xmldsig-more#"
_MORE_2021: Final = "http://www.w3.org/2021/04/xmldsig-more#"
_ENC: Final = "http://www.w3.org/2001/04/xmlenc#"

SIGNED_PROPERTIES: Final = "http://uri.etsi.org/01903#SignedProperties"
# Earlier versions of XAdES named the type with their own namespace.
SIGNED_PROPERTIES_TYPES: Final = frozenset(
    {
        SIGNED_PROPERTIES,
        "http://uri.etsi.org/01903/v1.3.2#SignedProperties",
        "http://uri.etsi.org/01903/v1.2.2#SignedProperties",
        "http://uri.etsi.org/01903/v1.1.1#SignedProperties",
    }
)
MANIFEST: Final = f"{DS}Manifest"
OBJECT: Final = f"{DS}Object"
COUNTERSIGNED: Final = "http://uri.etsi.org/01903#CountersignedSignature"

ENVELOPED: Final = f"{DS}enveloped-signature"
BASE64: Final = f"{DS}base64"
XPATH: Final = "http://www.w3.org/TR/1999/REC-xpath-19991116"
XPATH_FILTER_2: Final = FILTER_2
XSLT: Final = "http://www.w3.org/TR/1999/REC-xslt-19991116"

_DIGESTS: Final[Mapping[str, HashKind]] = MappingProxyType(
    {
        f"{DS}sha1": HASHES["sha1"],
        f"{_MORE}sha224": HASHES["sha224"],
        f"{_ENC}sha256": HASHES["sha256"],
        f"{_MORE}sha384": HASHES["sha384"],
        f"{_ENC}sha512": HASHES["sha512"],
        f"{_MORE_2007}sha3-256": HASHES["sha3_256"],
        f"{_MORE_2007}sha3-384": HASHES["sha3_384"],
        f"{_MORE_2007}sha3-512": HASHES["sha3_512"],
    }
)
_DIGEST_URIS: Final = MappingProxyType({kind.name: uri for uri, kind in _DIGESTS.items()})


def digest_of(uri: str) -> HashKind | None:
    """The hash with an identifier; None for one that is not known."""
    return _DIGESTS.get(uri)


def digest_uri(kind: HashKind) -> str:
    """The identifier of a hash.  Raises KeyError for SHA3-224 and others that XML has none for."""
    return _DIGEST_URIS[kind.name]


def _pkcs1(name: str) -> SignatureAlgorithm:
    return SignatureAlgorithm("RSA", HASHES[name], padding.PKCS1v15(), is_bound=True)


def _pss(name: str) -> SignatureAlgorithm:
    # RFC 9231 2.3.10: the mask uses the same hash, the salt is as long as it.
    kind = HASHES[name]
    return SignatureAlgorithm("RSA", kind, padding.PSS(padding.MGF1(kind.hash), kind.length), is_bound=True)


def _ecdsa(name: str) -> SignatureAlgorithm:
    return SignatureAlgorithm("EC", HASHES[name], ec.ECDSA(HASHES[name].hash), is_bound=True)


_SHA_2: Final = ("sha224", "sha256", "sha384", "sha512")
_SIGNATURES: Final[Mapping[str, SignatureAlgorithm]] = MappingProxyType(
    {
        f"{DS}rsa-sha1": _pkcs1("sha1"),
        f"{_MORE}ecdsa-sha1": _ecdsa("sha1"),
        **{f"{_MORE}rsa-{name}": _pkcs1(name) for name in _SHA_2},
        **{f"{_MORE}ecdsa-{name}": _ecdsa(name) for name in _SHA_2},
        **{f"{_MORE_2007}{name}-rsa-MGF1": _pss(name) for name in _SHA_2},
        **{f"{_MORE_2007}sha3-{size}-rsa-MGF1": _pss(f"sha3_{size}") for size in (256, 384, 512)},
        **{f"{_MORE_2021}ecdsa-sha3-{size}": _ecdsa(f"sha3_{size}") for size in (256, 384, 512)},
        f"{_MORE_2021}eddsa-ed25519": SignatureAlgorithm("EdDSA", None, None, is_bound=True),
        f"{_MORE_2021}eddsa-ed448": SignatureAlgorithm("EdDSA", None, None, is_bound=True),
    }
)
_SIGNATURE_URIS: Final = MappingProxyType(
    {
        (algorithm.kind, algorithm.digest.name): uri
        for uri, algorithm in _SIGNATURES.items()
        if algorithm.digest is not None and not isinstance(algorithm.parameters, padding.PSS)
    }
)


def signature_algorithm_of(uri: str) -> SignatureAlgorithm | None:
    """The algorithm with an identifier; None for one not known here, every keyed hash (HMAC) among them."""
    return _SIGNATURES.get(uri)


def signature_uri(kind: str, digest: str) -> str | None:
    """The identifier of PKCS#1 v1.5 ("RSA") or ECDSA ("EC") with a hash; None where there is none."""
    return _SIGNATURE_URIS.get((kind, digest))


def ds(local: str) -> str:
    """A name of XMLDSig as lxml writes it."""
    return f"{{{DS}}}{local}"


def xades(local: str) -> str:
    """A name of XAdES 1.3.2 as lxml writes it."""
    return f"{{{XADES}}}{local}"


def xades_er(local: str) -> str:
    """A name of TS 119 132-3 (evidence records) and EN 319 132-1 V1.2 annex D as lxml writes it."""
    return f"{{{XADES_ER}}}{local}"


def xades_141(local: str) -> str:
    """A name of XAdES 1.4.1 as lxml writes it."""
    return f"{{{XADES_141}}}{local}"
