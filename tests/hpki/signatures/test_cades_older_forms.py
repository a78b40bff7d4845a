"""What other software and older standards write, and we read: both Annex K readings, older hash indexes, PSS, SHA-1 references."""

import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from hpki import oids
from hpki.certs import der
from hpki.keys.algorithms import KeyAlgorithm
from hpki.signatures.algorithms import HASHES, SHA_256
from hpki.signatures.cms.archive import imprint_v3, imprints_v2
from hpki.signatures.cms.encoding import attribute_of, message_der, with_evidence, with_unsigned
from hpki.signatures.cms.extending import Extension, extend
from hpki.signatures.cms.making import sign_cms
from hpki.signatures.cms.octets import SignedDataOctets, read_signed_data
from hpki.signatures.cms.reading import read_document
from hpki.signatures.cms.signed_attributes import read_signed_attributes
from hpki.signatures.content import OctetContent
from hpki.signatures.facts import Level
from hpki.signatures.indication import Indication
from hpki.signatures.judge import judge_document
from hpki.signatures.report import SignatureReport
from hpki.validation.evidence import Evidence
from tests import pki
from tests.signing_scene import CLAIMS, LETTER, MINUTE, POLICY, SIGNED_AT, scene

SCENE = scene()
CONTENT = OctetContent(LETTER)
SOON = SIGNED_AT + 9 * MINUTE
SHA_256_DER = bytes.fromhex("300b0609608648016503040201")


def judged(
    message: bytes, detached: bytes | None = None, evidence: Evidence | None = None
) -> SignatureReport:
    document = read_document(message, None if detached is None else OctetContent(detached))
    given = SCENE.evidence() if evidence is None else evidence
    [signature] = judge_document(document, given, POLICY, SCENE.anchors, SOON).signatures
    return signature


def valued(*, attached: bool = True) -> bytes:
    message = sign_cms(CONTENT, SCENE.unit(), CLAIMS, attached=attached)
    return extend(message, Level.ES_XL, Extension(SCENE.authority(), SCENE.evidence(), CONTENT))


@pytest.mark.parametrize("reading", [0, 1], ids=["with the heading of the set", "without it"])
@pytest.mark.parametrize("way", ["attached", "detached"])
def test_an_archive_time_stamp_of_version_2_holds_in_either_reading(reading: int, way: str) -> None:
    """TS 101 733 Annex K, table K.3: v2.2.1 hashes tag and length of unsignedAttrs, v1.8.3 does not."""
    data = read_signed_data(valued(attached=way == "attached"))
    [signer] = data.signers
    made = imprints_v2(data, signer, signer.unsigned_attributes, CONTENT, SHA_256)
    assert made is not None
    token = SCENE.authority(SIGNED_AT + 2 * MINUTE).stamp(SHA_256, made[reading])
    added = (*signer.unsigned_attributes, attribute_of(oids.ARCHIVE_TIME_STAMP_V2, token))
    message = message_der(replace(data, signers=(with_unsigned(signer, added),)))
    report = judged(message, None if way == "attached" else LETTER)
    assert (report.indication, report.facts.level) == (Indication.TOTAL_PASSED, Level.ES_A)
    other = judged(message.replace(LETTER, LETTER[::-1]), None if way == "attached" else LETTER[::-1])
    assert "time_stamp_broken" in {each.code for stamp in other.time_stamps for each in stamp.findings}


def indexed(data: SignedDataOctets, kind: str) -> bytes:
    """An older hash index: whole attributes are hashed, and SHA-256 may be left out."""
    [signer] = data.signers
    hashed = SHA_256.digest
    lists: Sequence[Sequence[bytes]] = (
        [hashed(each) for each in data.certificates],
        [hashed(each) for each in data.crls],
        [hashed(each.der) for each in signer.unsigned_attributes],
    )
    encoded = (
        der.tlv(der.SEQUENCE, *(der.tlv(der.OCTET_STRING, each) for each in listed)) for listed in lists
    )
    return der.tlv(der.SEQUENCE, *([] if kind == "default" else [SHA_256_DER]), *encoded)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (oids.ATS_HASH_INDEX_V1, "default"),
        (oids.ATS_HASH_INDEX_V1, "stated"),
        (oids.ATS_HASH_INDEX_V2, "stated"),
    ],
)
def test_older_hash_indexes_are_read(name: object, kind: str) -> None:
    stamped = extend(
        sign_cms(CONTENT, SCENE.unit(), CLAIMS, attached=True), Level.T, Extension(SCENE.authority())
    )
    data = with_evidence(read_signed_data(stamped), SCENE.evidence())
    [signer] = data.signers
    index = indexed(data, kind)
    token = SCENE.authority(SIGNED_AT + 2 * MINUTE).stamp(
        SHA_256, imprint_v3(data, signer, index, CONTENT, SHA_256)
    )
    inside = read_signed_data(token)
    [stamper] = inside.signers
    attribute = attribute_of(name, index)  # type: ignore[arg-type]  # an object identifier of the table
    token = message_der(replace(inside, signers=(with_unsigned(stamper, (attribute,)),)))
    added = (*signer.unsigned_attributes, attribute_of(oids.ARCHIVE_TIME_STAMP_V3, token))
    report = judged(message_der(replace(data, signers=(with_unsigned(signer, added),))), evidence=Evidence())
    assert (report.indication, report.facts.level) == (Indication.TOTAL_PASSED, Level.LTA)


def test_what_was_added_after_the_newest_archive_time_stamp_is_not_covered() -> None:
    """A list that came later stands in the message; the archive time-stamp proves nothing about it."""
    message = extend(
        sign_cms(CONTENT, SCENE.unit(), CLAIMS, attached=True),
        Level.LTA,
        Extension(SCENE.authority(), SCENE.evidence()),
    )
    later = SCENE.evidence(SIGNED_AT + 60 * MINUTE)
    data = with_evidence(read_signed_data(message), Evidence(crls=later.crls))
    document = read_document(message_der(data))
    [signature] = document.signatures
    archive = next(stamp for stamp in signature.time_stamps if stamp.profile == "v3")
    assert not {each.sha256 for each in later.crls} & archive.covers
    assert [each.code for each in archive.troubles] == ["hash_index_short"]
    renewed = extend(message_der(data), Level.LTA, Extension(SCENE.authority(SIGNED_AT + 90 * MINUTE), later))
    stamps = read_document(renewed).signatures[0].time_stamps
    assert not [each for stamp in stamps for each in stamp.troubles]
    assert {each.sha256 for each in SCENE.evidence().certificates} & archive.covers


@pytest.mark.parametrize(
    "options",
    [
        ["-keyopt", "rsa_padding_mode:pss"],
        ["-keyid"],
        ["-md", "sha512"],
        ["-md", "sha384", "-keyopt", "rsa_padding_mode:pss"],
    ],
    ids=["PSS", "key identifier", "SHA-512", "PSS with SHA-384"],
)
def test_other_algorithms_and_names_of_the_signer_are_read(tmp_path: Path, options: list[str]) -> None:
    report = judged(openssl_signed(tmp_path, "-cades", *options))
    assert report.indication is Indication.TOTAL_PASSED, report.words("en")


def test_a_reference_by_sha_1_is_read(tmp_path: Path) -> None:
    """RFC 2634's signing-certificate: OpenSSL writes it when the digest is SHA-1, which no policy takes any more."""
    report = judged(openssl_signed(tmp_path, "-cades", "-md", "sha1"))
    assert report.facts.references[0].algorithm == HASHES["sha1"]
    assert (report.is_intact, report.sub_indication) == (True, "CRYPTO_CONSTRAINTS_FAILURE_NO_POE")


def test_plain_cms_is_told_from_cades(tmp_path: Path) -> None:
    report = judged(openssl_signed(tmp_path))
    assert (report.facts.format, report.facts.level, report.is_intact) == ("CMS", Level.NONE, True)
    assert report.sub_indication == "SIG_CONSTRAINTS_FAILURE"


def test_a_message_without_signed_attributes_verifies_over_its_content(tmp_path: Path) -> None:
    message = openssl_signed(tmp_path, "-noattr")
    report = judged(message)
    assert report.is_intact
    assert judged(message.replace(LETTER, LETTER[::-1])).sub_indication == "SIG_CRYPTO_FAILURE"


def openssl_signed(folder: Path, *options: str) -> bytes:
    unit = scene(KeyAlgorithm.RSA_2048).unit()
    private = pki.key(KeyAlgorithm.RSA_2048, "hanako").builder_key()
    (folder / "key.pem").write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "certificate.pem").write_bytes(unit.certificate.certificate.public_bytes(Encoding.PEM))
    (folder / "content").write_bytes(LETTER)
    done = subprocess.run(
        [
            "openssl", "cms", "-sign", "-binary", "-nodetach", "-outform", "DER",
            "-signer", folder / "certificate.pem", "-inkey", folder / "key.pem",
            "-in", folder / "content", "-out", folder / "made", *options,
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return (folder / "made").read_bytes()


@pytest.mark.parametrize("kind", [oids.SIGNER_ATTRIBUTES, oids.SIGNER_ATTRIBUTES_V2])
def test_a_role_that_somebody_else_certifies_is_told_and_not_verified(kind: x509.ObjectIdentifier) -> None:
    """EN 319 122-1 5.2.6.1, TS 101 733 5.11.3: certifiedAttributes [1]."""
    [signer] = read_signed_data(valued()).signers
    value = der.tlv(der.SEQUENCE, der.tlv(0xA1, der.tlv(der.SEQUENCE)))
    said = read_signed_attributes(replace(signer, signed_attributes=(attribute_of(kind, value),)), "here")
    [told] = said.troubles
    assert (told.code, told.detail, told.sub_indication) == ("role_not_verified", "certifiedAttributes", None)
    assert said.roles == ()
