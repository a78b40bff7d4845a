"""OCSP requests: what clients write is read, what nobody should write is refused in words."""

import base64
from contextlib import suppress
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from hypothesis import given, settings
from hypothesis import strategies as st

from hpki.certs import der
from hpki.errors import MalformedInput
from hpki.issuance.ocsp_request import (
    CertIdHash,
    NotAnswerable,
    OcspRequest,
    read_get_path,
    read_ocsp_request,
)
from hpki.issuance.template import oid_der

SHA1 = hashes.SHA1()  # noqa: S303 - RFC 6960 4.1.1: clients name the issuer by it
SHA1_ID = bytes.fromhex("300906052b0e03021a0500")


def request_der(
    serial: int = 5, digest: hashes.HashAlgorithm | None = None, nonce: bytes | None = None
) -> bytes:
    digest = digest or SHA1
    size = digest.digest_size
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(b"n" * size, b"k" * size, serial, digest)
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def single(serial: bytes = b"\5", extensions: bytes = b"", algorithm: bytes = SHA1_ID) -> bytes:
    hashed = der.tlv(der.OCTET_STRING, bytes(20))
    cert_id = der.tlv(der.SEQUENCE, algorithm, hashed, hashed, der.tlv(der.INTEGER, serial))
    return der.tlv(der.SEQUENCE, cert_id, extensions)


def whole(*singles: bytes, before: bytes = b"", after: bytes = b"", signature: bytes = b"") -> bytes:
    tbs = der.tlv(der.SEQUENCE, before, der.tlv(der.SEQUENCE, *singles), after)
    return der.tlv(der.SEQUENCE, tbs, signature)


def extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    return der.tlv(
        der.SEQUENCE,
        oid_der(x509.ObjectIdentifier(oid)),
        b"\1\1\xff" if critical else b"",
        der.tlv(der.OCTET_STRING, value),
    )


def extended(tag: int, *extensions: bytes) -> bytes:
    return der.tlv(tag, der.tlv(der.SEQUENCE, *extensions))


NONCE = "1.3.6.1.5.5.7.48.1.2"


@settings(max_examples=200, deadline=None)
@given(
    serial=st.integers(1, (1 << 159) - 1),
    digest=st.sampled_from([SHA1, hashes.SHA256(), hashes.SHA384()]),
    nonce=st.none() | st.binary(min_size=1, max_size=128),
)
def test_what_the_builder_writes_is_read(
    serial: int, digest: hashes.HashAlgorithm, nonce: bytes | None
) -> None:
    request = read_ocsp_request(request_der(serial, digest, nonce))
    [cert_id] = request.cert_ids
    assert cert_id.serial_number == serial
    assert cert_id.issuer_key_hash == b"k" * digest.digest_size
    assert cert_id.hash_algorithm == {"sha1": CertIdHash.SHA1, "sha256": CertIdHash.SHA256}.get(digest.name)
    assert request.nonce == (nonce if nonce and 16 <= len(nonce) <= 32 else None)


@pytest.mark.parametrize("length", [0, 129, 5000])
def test_a_nonce_of_no_or_too_many_octets_is_malformed(length: int) -> None:
    with pytest.raises(MalformedInput, match="nonce"):
        read_ocsp_request(request_der(nonce=b"n" * length))


def test_a_list_is_read_in_its_order_up_to_sixteen() -> None:
    read = read_ocsp_request(whole(*[single(bytes((number,))) for number in range(1, 17)]))
    assert [cert_id.serial_number for cert_id in read.cert_ids] == list(range(1, 17))
    with pytest.raises(NotAnswerable):
        read_ocsp_request(whole(*[single()] * 17))


def test_a_requestor_a_version_and_a_signature_are_no_hindrance() -> None:
    named = der.tlv(0xA1, der.tlv(0xA4, der.tlv(der.SEQUENCE)))
    version = der.tlv(0xA0, der.tlv(der.INTEGER, b"\0"))
    read = read_ocsp_request(whole(single(), before=version + named, signature=der.tlv(0xA0, b"\x30\x00")))
    assert read == read_ocsp_request(whole(single()))


def test_an_unknown_extension_is_ignored_unless_it_is_critical() -> None:
    ours = "1.3.6.1.4.1.32473.1"
    plain = extended(0xA2, extension(ours, b"x"))
    assert len(read_ocsp_request(whole(single(), after=plain)).cert_ids) == 1
    for hostile in (
        whole(single(), after=extended(0xA2, extension(ours, b"x", critical=True))),
        whole(single(extensions=extended(0xA0, extension(ours, b"x", critical=True)))),
    ):
        with pytest.raises(NotAnswerable):
            read_ocsp_request(hostile)


BAD = {
    "empty": b"",
    "too long": whole(*[single()] * 2, signature=der.tlv(0xA0, bytes(11_000))),
    "not DER": b"GET / HTTP/1.1",
    "indefinite length": b"\x30\x80" + whole(single())[2:] + b"\0\0",
    "long form for a short length": b"\x30\x81" + whole(single())[1:],
    "octets after it": whole(single()) + b"\0",
    "no certificate": whole(),
    "version 2": whole(single(), before=der.tlv(0xA0, der.tlv(der.INTEGER, b"\1"))),
    "serial without octets": whole(single(serial=b"")),
    "serial of 22 octets": whole(single(serial=b"\1" * 22)),
    "hash of another length": whole(single(algorithm=bytes.fromhex("300d06096086480165030402010500"))),
    "nonce that is no OCTET STRING": whole(single(), after=extended(0xA2, extension(NONCE, b"n" * 32))),
    "nonce twice": whole(single(), after=extended(0xA2, *[extension(NONCE, b"\4\x10" + b"n" * 16)] * 2)),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_malformed_is_refused_in_words(name: str) -> None:
    with pytest.raises(MalformedInput) as refused:
        read_ocsp_request(BAD[name])
    assert not isinstance(refused.value, NotAnswerable)


@settings(max_examples=500, deadline=None)
@given(data=st.data())
def test_a_mutation_is_read_or_refused_and_never_breaks_the_reader(data: st.DataObject) -> None:
    octets = bytearray(
        whole(single(), single(), after=extended(0xA2, extension(NONCE, b"\4\x10" + b"n" * 16)))
    )
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(octets) - 1))
        match data.draw(st.sampled_from(["change", "cut", "insert"])):
            case "change":
                octets[place] = data.draw(st.integers(0, 255))
            case "cut":
                del octets[place:]
            case _:
                octets[place:place] = data.draw(st.binary(max_size=4))
        if not octets:
            break
    with suppress(MalformedInput):
        assert isinstance(read_ocsp_request(bytes(octets)), OcspRequest)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300).map(bytes))
def test_what_nobody_made_is_read_or_refused(octets: bytes) -> None:
    try:
        read = read_ocsp_request(octets)
    except MalformedInput:
        return
    assert read.cert_ids


@settings(max_examples=200, deadline=None)
@given(serial=st.integers(1, (1 << 159) - 1), nonce=st.none() | st.binary(min_size=16, max_size=32))
def test_every_way_to_write_a_get_is_read(serial: int, nonce: bytes | None) -> None:
    octets = request_der(serial, hashes.SHA256(), nonce)
    text = base64.b64encode(octets).decode()
    urlsafe = base64.urlsafe_b64encode(octets).decode()
    for path in (text, quote(text, safe=""), "/" + text, text.rstrip("="), urlsafe, text.replace("+", " ")):
        assert read_get_path(path) == octets


@pytest.mark.parametrize("path", ["MA", "M", "M===A", "%zz", "日本", "A" * 40_000])
def test_a_path_that_is_no_request_is_refused(path: str) -> None:
    with pytest.raises(MalformedInput):
        read_ocsp_request(read_get_path(path))
