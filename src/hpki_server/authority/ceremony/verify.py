"""A transcript judged later, by whoever has it: no database, no key, no trust in who kept it.

Every hash is computed again, every certificate and list prepared again from the reviewed file with its lints, compared
byte for byte with what was signed, and every signature checked.
"""

import binascii
import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, mldsa, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPublicKeyTypes

from hpki.errors import HpkiError
from hpki.issuance.crl_request import ListScope
from hpki.issuance.issuer import Issuer
from hpki.keys.algorithms import algorithm_of, verify
from hpki_server.authority.ceremony.content import first_list_scopes, prepared_certificate, prepared_list
from hpki_server.authority.ceremony.file import CeremonyFile, FileRejected, read_text
from hpki_server.authority.ceremony.paper import paper
from hpki_server.authority.ceremony.run import from_base64
from hpki_server.authority.ceremony.stopped import CeremonyStopped
from hpki_server.authority.ceremony.transcript import (
    CLOSED,
    Step,
    Transcript,
    TranscriptRejected,
    read_transcript,
)

_Value = TypeVar("_Value")

# What every closed ceremony has, in this order; a sub-CA's has issuer_found after opened.
_ORDER = ("opened", "key_intended", "key_made", "linted", "signed", "list_signed", "registered", CLOSED)


@dataclass(frozen=True)
class VerifiedTranscript:
    """Exists only after `verify_transcript` succeeded."""

    transcript: Transcript
    file: CeremonyFile
    certificate: x509.Certificate
    # SHA-256 of the step after which the authority was registered; the audit line of the registration holds it too.
    registered_head: str


def verify_transcript(path: Path) -> VerifiedTranscript:
    """The transcript in a file, and the paper beside it, proven.  Raises TranscriptRejected with every problem."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TranscriptRejected([f"{path}: {error.strerror}"]) from error
    transcript = read_transcript(content)
    verified = _verified(transcript)
    beside = path.with_suffix(".txt")
    if beside.exists() and beside.read_bytes() != paper(transcript).encode():
        raise TranscriptRejected([f"{beside.name} is not the text of this transcript"])
    return verified


def _verified(transcript: Transcript) -> VerifiedTranscript:
    _check_order(transcript)
    opened = _only(transcript, "opened")
    with_file = opened.text("file")
    if hashlib.sha256(with_file.encode()).hexdigest() != opened.text("file_sha256"):
        raise _at(opened, "the file's hash does not fit its text")
    try:
        file = read_text(with_file).content
    except FileRejected as error:
        raise _at(opened, f"the reviewed file does not hold: {error}") from error
    issuer = _issuer(transcript, file)
    public_key = _public_key(transcript, file)
    certificate = _certificate(transcript, file, issuer, public_key)
    _lists(transcript, file, certificate)
    registered, signed_last = _only(transcript, "registered"), transcript.all_of("list_signed")[-1]
    if registered.text("transcript_sha256") != signed_last.hash():
        raise _at(registered, "it was registered with another transcript's hash")
    return VerifiedTranscript(transcript, file, certificate, signed_last.hash())


def _check_order(transcript: Transcript) -> None:
    names = [step.name for step in transcript.steps]
    if not transcript.is_closed:
        last = names[-1] if names else "nothing"
        raise TranscriptRejected([f"the ceremony is not closed; its last step is {last}"])
    problems = [f"there is no step {name}" for name in _ORDER if name not in names]
    places = [names.index(name) for name in _ORDER if name in names]
    if places != sorted(places):
        problems.append("the steps do not stand in the order of a ceremony")
    if not {"shares_made", "shares_presented"} & set(names):
        problems.append("no custodian took part")
    if problems:
        raise TranscriptRejected(problems)


def _issuer(transcript: Transcript, file: CeremonyFile) -> Issuer | None:
    if file.issued_by is None:
        return None
    step = _only(transcript, "issuer_found")
    if step.text("issuer") != file.issued_by:
        raise _at(step, "it is not the issuer that the file names")
    certificate = _load(step, "certificate", x509.load_der_x509_certificate)
    return _judged(step, lambda: Issuer(certificate, step.text("crl_url"), step.text("cps_url")))


def _public_key(transcript: Transcript, file: CeremonyFile) -> CertificateIssuerPublicKeyTypes:
    step = _only(transcript, "key_made")
    key = _load(step, "public_key", serialization.load_der_public_key)
    if _judged(step, lambda: algorithm_of(key)) is not file.key.algorithm:
        raise _at(step, "the key is not of the algorithm in the file")
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey | mldsa.MLDSA65PublicKey):
        raise _at(step, "the key is of a kind that signs nothing here")
    return key


def _certificate(
    transcript: Transcript,
    file: CeremonyFile,
    issuer: Issuer | None,
    public_key: CertificateIssuerPublicKeyTypes,
) -> x509.Certificate:
    linted, signed = _only(transcript, "linted"), _only(transcript, "signed")
    serial = _judged(linted, lambda: int(linted.text("serial_number"), 16))
    prepared = _judged(
        linted,
        lambda: prepared_certificate(
            file, issuer, public_key, serial_number=serial, at=_moment(linted, "judged_at")
        ),
    )
    tbs_der = _load(linted, "tbs", bytes)
    if prepared.tbs_der != tbs_der:
        raise _at(linted, "the file, the key and the lints give another certificate than was linted")
    certificate = _load(signed, "certificate", x509.load_der_x509_certificate)
    if certificate.tbs_certificate_bytes != tbs_der:
        raise _at(signed, "another certificate was signed than was linted")
    signing_key = public_key if issuer is None else issuer.certificate.public_key()
    _judged(signed, lambda: verify(signing_key, certificate.signature, tbs_der))
    return certificate


def _lists(transcript: Transcript, file: CeremonyFile, certificate: x509.Certificate) -> None:
    steps, scopes = transcript.all_of("list_signed"), first_list_scopes(file)
    if len(steps) != len(scopes):
        raise TranscriptRejected([f"{len(steps)} lists were signed instead of {len(scopes)}"])
    for number, (step, scope) in enumerate(zip(steps, scopes, strict=True), start=1):
        _list(step, file, certificate, scope, number)


def _list(
    step: Step, file: CeremonyFile, certificate: x509.Certificate, scope: ListScope, number: int
) -> None:
    crl = _load(step, "crl", x509.load_der_x509_crl)
    prepared = _judged(
        step, lambda: prepared_list(file, certificate, scope, number, _moment(step, "this_update"))
    )
    if prepared.tbs_der != crl.tbs_certlist_bytes:
        raise _at(step, "another list was signed than the file gives")
    public_key = certificate.public_key()
    _judged(step, lambda: verify(public_key, crl.signature, crl.tbs_certlist_bytes))


def _only(transcript: Transcript, name: str) -> Step:
    steps = transcript.all_of(name)
    if len(steps) != 1:
        raise TranscriptRejected([f"there are {len(steps)} steps {name} instead of one"])
    return steps[0]


def _load(step: Step, name: str, load: Callable[[bytes], _Value]) -> _Value:
    try:
        octets = from_base64(step.text(f"{name}_der"))
    except binascii.Error as error:
        raise _at(step, f"{name}_der is not base64") from error
    if hashlib.sha256(octets).hexdigest() != step.text(f"{name}_sha256"):
        raise _at(step, f"{name}_sha256 does not fit {name}_der")
    return _judged(step, lambda: load(octets))


def _moment(step: Step, name: str) -> dt.datetime:
    return dt.datetime.fromisoformat(step.text(name))


def _judged(step: Step, judge: Callable[[], _Value]) -> _Value:
    try:
        return judge()
    except TranscriptRejected:
        raise
    except (HpkiError, CeremonyStopped, ValueError) as error:
        raise _at(step, str(error)) from error


def _at(step: Step, sentence: str) -> TranscriptRejected:
    return TranscriptRejected([f"step {step.number} ({step.name}): {sentence}"])
