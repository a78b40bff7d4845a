"""Time-stamp tokens: CMS SignedData over a TSTInfo (RFC 3161 2.4.2, RFC 5816), prepared, linted, signed, compared.

What is the same in every token of a unit is encoded once.  A property test holds the result equal to a slow builder.
"""

import datetime as dt
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding

from hpki import oids
from hpki.certs import der
from hpki.errors import MalformedInput, ProfileViolation, SignatureMismatch, TimeStampRefused
from hpki.issuance.finding import Finding
from hpki.issuance.template import SIGNATURE_ALGORITHMS, oid_der
from hpki.issuance.timestamp_request import ImprintHash, TimeStampRequest
from hpki.issuance.timestamp_syntax import PkiFailure, TstInfo
from hpki.issuance.timestamp_token import read_token
from hpki.keys.algorithms import KeyAlgorithm, algorithm_of, verify
from hpki.keys.signer import Signer

# EN 319 421 7.7.2: "1 second or better".
ACCURACY: Final = dt.timedelta(seconds=1)

_CONTEXT_0: Final = 0xA0
_GENERALIZED_TIME: Final = 0x18
_VERSION_1: Final = b"\x02\x01\x01"
_VERSION_3: Final = b"\x02\x01\x03"
_ACCURACY_DER: Final = bytes.fromhex("3003020101")
# RFC 5754 and RFC 9882 3.3: the hash that goes with the key; SHA-512 with ML-DSA.
_DIGESTS: Final = MappingProxyType(
    {
        KeyAlgorithm.RSA_2048: ImprintHash.SHA_256,
        KeyAlgorithm.RSA_3072: ImprintHash.SHA_256,
        KeyAlgorithm.RSA_4096: ImprintHash.SHA_256,
        KeyAlgorithm.P_256: ImprintHash.SHA_256,
        KeyAlgorithm.P_384: ImprintHash.SHA_384,
        KeyAlgorithm.ML_DSA_65: ImprintHash.SHA_512,
    }
)


@dataclass(frozen=True, eq=False)
class TimeStampUnit:
    """One time-stamping key as its tokens name it.

    `policy` is what its tokens assert; `chain` are certificates above it that go into the token when the client wants
    certificates.  Raises MalformedInput for a certificate that is not for time-stamps alone (RFC 3161 2.3).
    """

    certificate: x509.Certificate
    policy: x509.ObjectIdentifier
    chain: tuple[x509.Certificate, ...] = ()
    public_key: CertificatePublicKeyTypes = field(init=False)
    algorithm: KeyAlgorithm = field(init=False)
    begins_at: dt.datetime = field(init=False)
    ends_at: dt.datetime = field(init=False)

    def __post_init__(self) -> None:
        try:
            usage = self.certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
        except x509.ExtensionNotFound as missing:
            raise MalformedInput("time-stamp certificate", str(missing)) from missing
        if not usage.critical or list(usage.value) != [oids.EKU_TIME_STAMPING]:
            raise MalformedInput(
                "time-stamp certificate", "time-stamping is not its only purpose, critically"
            )
        public_key = self.certificate.public_key()
        object.__setattr__(self, "public_key", public_key)
        object.__setattr__(self, "algorithm", algorithm_of(public_key))
        object.__setattr__(self, "begins_at", self.certificate.not_valid_before_utc)
        object.__setattr__(self, "ends_at", self.certificate.not_valid_after_utc)


@dataclass(frozen=True, slots=True)
class PreparedToken:
    """A token that passed its lints and is not signed: exists only after `prepare_token` succeeded.

    `signed_attributes_der` is what the key signs.
    """

    tst_info_der: bytes
    signed_attributes_der: bytes
    serial_number: int
    gen_time: dt.datetime
    wants_certificate: bool
    unit: TimeStampUnit


def prepare_token(
    request: TimeStampRequest, unit: TimeStampUnit, *, serial_number: int, at: dt.datetime
) -> PreparedToken:
    """The bytes of a token that says that the imprint existed at `at` (cut to milliseconds).

    Raises TimeStampRefused (unacceptedPolicy) when the client wants another policy, ProfileViolation with every finding.
    """
    if request.policy is not None and request.policy != unit.policy:
        raise TimeStampRefused(
            PkiFailure.UNACCEPTED_POLICY, f"the policy here is {unit.policy.dotted_string}"
        )
    fixed = _fixed_parts(unit)
    tst_info_der = der.tlv(
        der.SEQUENCE,
        fixed.version_and_policy,
        der.tlv(der.SEQUENCE, request.algorithm_der, der.tlv(der.OCTET_STRING, request.imprint)),
        der.unsigned_integer(serial_number),
        generalized_time(at),
        _ACCURACY_DER,
        b"" if request.nonce is None else _integer(request.nonce),
    )
    prepared = PreparedToken(
        tst_info_der, fixed.attributes(tst_info_der), serial_number, at, request.wants_certificate, unit
    )
    if found := _findings(prepared, request):
        raise ProfileViolation(found)
    return prepared


def sign_token(prepared: PreparedToken, signer: Signer) -> bytes:
    """The token, as DER, over exactly the bytes that were linted.

    Raises SignatureMismatch when the signer is not the unit's key or the finished token does not contain the linted
    bytes; KeyUnavailable and KeyRefused as the signer does.
    """
    unit = prepared.unit
    if signer.algorithm is not unit.algorithm:
        raise SignatureMismatch(f"linted for {unit.algorithm}, the key is {signer.algorithm}")
    signature = signer.sign(prepared.signed_attributes_der)
    verify(unit.public_key, signature, prepared.signed_attributes_der)
    finished = _fixed_parts(unit).token(prepared, signature)
    read = read_token(finished)
    if (read.tst_info_der, read.signed_attributes_der, read.signer.signature) != (
        prepared.tst_info_der,
        prepared.signed_attributes_der,
        signature,
    ):
        raise SignatureMismatch("the token does not contain the linted bytes")
    return finished


def generalized_time(moment: dt.datetime) -> bytes:
    """RFC 3161 2.4.2: GeneralizedTime in UTC, a fraction without trailing zeros.  Raises MalformedInput."""
    if moment.tzinfo is None:
        raise MalformedInput("genTime", f"{moment.isoformat()} is not an aware moment")
    utc = moment.astimezone(dt.UTC)
    text = f"{utc.year:04}{utc.month:02}{utc.day:02}{utc.hour:02}{utc.minute:02}{utc.second:02}"
    if millis := utc.microsecond // 1000:
        text += f".{millis:03}".rstrip("0")
    return der.tlv(_GENERALIZED_TIME, text.encode("ascii"), b"Z")


class _FixedParts:
    """Everything of a unit's tokens that does not depend on the request."""

    def __init__(self, unit: TimeStampUnit) -> None:
        certificate = unit.certificate
        digest = _DIGESTS[unit.algorithm]
        self._digest = digest.hash
        self.version_and_policy = _VERSION_1 + oid_der(unit.policy)
        certificate_hash = certificate.fingerprint(hashes.SHA256())
        # RFC 5035 4: hashAlgorithm is left out where it is SHA-256; CAdES and EN 319 422 leave issuerSerial out.
        ess = der.tlv(
            der.SEQUENCE,
            der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, der.tlv(der.OCTET_STRING, certificate_hash))),
        )
        self._content_type = _attribute(oids.CONTENT_TYPE, oid_der(oids.TST_INFO))
        self._signing_certificate = _attribute(oids.SIGNING_CERTIFICATE_V2, ess)
        self._digest_algorithm = digest.identifier_der
        carried = (each.public_bytes(Encoding.DER) for each in (certificate, *unit.chain))
        self._certificates = der.tlv(_CONTEXT_0, *sorted(carried))
        self._signer_head = b"".join(
            (
                _VERSION_1,
                der.tlv(
                    der.SEQUENCE,
                    certificate.issuer.public_bytes(),
                    der.unsigned_integer(certificate.serial_number),
                ),
                digest.identifier_der,
            )
        )
        self._signature_algorithm = SIGNATURE_ALGORITHMS[unit.algorithm]

    def attributes(self, tst_info_der: bytes) -> bytes:
        """The SET of signed attributes."""
        digest = hashes.Hash(self._digest)
        digest.update(tst_info_der)
        attribute = _attribute(oids.MESSAGE_DIGEST, der.tlv(der.OCTET_STRING, digest.finalize()))
        # X.690 11.6: the elements of a SET OF ascend.
        return der.tlv(der.SET, *sorted((self._content_type, attribute, self._signing_certificate)))

    def token(self, prepared: PreparedToken, signature: bytes) -> bytes:
        """ContentInfo with SignedData of version 3 (RFC 5652 5.1: the content is not id-data)."""
        signer_info = der.tlv(
            der.SEQUENCE,
            self._signer_head,
            # RFC 5652 5.4: signed as SET OF, carried as [0] IMPLICIT.
            bytes((_CONTEXT_0,)) + prepared.signed_attributes_der[1:],
            self._signature_algorithm,
            der.tlv(der.OCTET_STRING, signature),
        )
        content = der.tlv(
            der.SEQUENCE,
            oid_der(oids.TST_INFO),
            der.tlv(_CONTEXT_0, der.tlv(der.OCTET_STRING, prepared.tst_info_der)),
        )
        signed = der.tlv(
            der.SEQUENCE,
            _VERSION_3,
            der.tlv(der.SET, self._digest_algorithm),
            content,
            # RFC 3161 2.4.1: without certReq "the certificates field … MUST NOT be present".
            self._certificates if prepared.wants_certificate else b"",
            der.tlv(der.SET, signer_info),
        )
        return der.tlv(der.SEQUENCE, oid_der(oids.SIGNED_DATA), der.tlv(_CONTEXT_0, signed))


@lru_cache(maxsize=32)
def _fixed_parts(unit: TimeStampUnit) -> _FixedParts:
    return _FixedParts(unit)


def _findings(prepared: PreparedToken, request: TimeStampRequest) -> list[Finding]:
    """The encoded bytes are read again and compared with what was asked and when."""
    try:
        read = asn1.decode_der(TstInfo, prepared.tst_info_der)
    except (ValueError, TypeError) as unreadable:
        return [Finding("not_readable", str(unreadable), "RFC 3161 2.4.2: TSTInfo")]
    unit, at = prepared.unit, prepared.gen_time
    said = read.gen_time.as_datetime().replace(tzinfo=dt.UTC)
    checks = (
        ("version", read.version == 1, 'RFC 3161 2.4.2: "version 1"'),
        ("policy", read.policy == unit.policy, "RFC 3161 2.4.2: the policy under which it is issued"),
        (
            "imprint",
            read.imprint.hashed == request.imprint
            and der.element(read.imprint.algorithm) == request.algorithm_der
            and len(request.imprint) == request.imprint_hash.length,
            "RFC 3161 2.4.2: the same value as in the request, of the length of its hash",
        ),
        (
            "serial",
            read.serial_number == prepared.serial_number
            and 0 < prepared.serial_number.bit_length() <= 160
            and prepared.serial_number > 0,
            'RFC 3161 2.4.2: unique, "up to 160 bits"',
        ),
        ("time", dt.timedelta(0) <= at - said < dt.timedelta(milliseconds=1), "RFC 3161 2.4.2: genTime"),
        ("nonce", read.nonce == request.nonce, "RFC 3161 2.4.2: the same value as in the request"),
        (
            "accuracy",
            read.accuracy is not None and read.accuracy.seconds == ACCURACY.seconds,
            "EN 319 421 7.7.2: one second or better",
        ),
        (
            "life",
            unit.begins_at <= at <= unit.ends_at,
            "RFC 5280 4.1.2.5: the unit's certificate is valid at that time",
        ),
    )
    return [
        Finding(f"token_{name}", f"the {name} of the token is not as it must be", clause)
        for name, holds, clause in checks
        if not holds
    ]


def _attribute(kind: x509.ObjectIdentifier, value_der: bytes) -> bytes:
    return der.tlv(der.SEQUENCE, oid_der(kind), der.tlv(der.SET, value_der))


def _integer(value: int) -> bytes:
    """An INTEGER of either sign: a nonce is whatever its client sent."""
    length = (value if value >= 0 else ~value).bit_length() // 8 + 1
    return der.tlv(der.INTEGER, value.to_bytes(length, "big", signed=True))
