"""Basic validation of one signature: EN 319 102-1 5.3, with the building blocks of 5.2.

Everything is looked at, so that a report names all that stands against a signature; the worst names the outcome.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from hpki.certs.printing import moment_words
from hpki.signatures.algorithms import HashKind, equation_holds, equation_holds_for_digest
from hpki.signatures.facts import CertificateReference, SignatureFacts
from hpki.signatures.finding import SignatureFinding
from hpki.validation.algorithms import AlgorithmTable, Strength, key_strength
from hpki.validation.facts import CertificateFacts

_MOST_CANDIDATES = 64


@dataclass(frozen=True)
class Identified:
    """The signing certificate, as far as it can be told (5.2.3), and whether the equation holds with its key."""

    certificate: CertificateFacts | None
    holds: bool
    findings: tuple[SignatureFinding, ...]

    @property
    def is_signed_by_it(self) -> bool:
        """The certificate is known and its key made the signature."""
        return self.certificate is not None and self.holds


def identify(facts: SignatureFacts, pool: Iterable[CertificateFacts], *, must_be_signed: bool) -> Identified:
    """5.2.3 and the equation of 5.2.7.

    The signed reference decides; what the format says outside the signature only finds candidates.  Two certificates may
    have the same key and different qualifications, so the key alone identifies nobody.
    """
    candidates = list(dict.fromkeys((*facts.certificates, *pool)))
    if not facts.references:
        fitting = islice((each for each in candidates if facts.hint.fits(each)), _MOST_CANDIDATES)
        found = next((each for each in fitting if _holds(facts, each)), None)
        # Where nothing is said of the signer, only what stands in the signature's own key information is meant.
        meant = facts.certificates if facts.hint.is_empty else candidates
        found = found or next((each for each in meant[:_MOST_CANDIDATES] if facts.hint.fits(each)), None)
        missing = (_finding("signing_certificate_not_signed", facts),) if must_be_signed else ()
        if found is None:
            return Identified(
                None, holds=False, findings=(*missing, _finding("no_signing_certificate", facts))
            )
        return Identified(found, holds=_holds(facts, found), findings=missing)
    return _identify_by_reference(facts, facts.references[0], candidates)


def _identify_by_reference(
    facts: SignatureFacts, reference: CertificateReference, candidates: list[CertificateFacts]
) -> Identified:
    if reference.algorithm is None:
        return Identified(None, holds=False, findings=(_finding("signing_certificate_hash", facts),))
    for candidate in candidates:
        if _digest_of(candidate, reference.algorithm) == reference.digest:
            findings = [
                SignatureFinding("signing_certificate_differs", candidate.words, facts.place)
                for _ in _contradictions(facts, reference, candidate)
            ][:1]
            return Identified(candidate, holds=_holds(facts, candidate), findings=tuple(findings))
    hinted = [each for each in candidates if facts.hint.issuer is not None and facts.hint.fits(each)]
    if hinted:
        finding = SignatureFinding("signing_certificate_differs", hinted[0].words, facts.place)
        return Identified(None, holds=_holds(facts, hinted[0]), findings=(finding,))
    return Identified(None, holds=False, findings=(_finding("no_signing_certificate", facts),))


def _contradictions(
    facts: SignatureFacts, reference: CertificateReference, certificate: CertificateFacts
) -> Iterator[str]:
    if not facts.hint.fits(certificate):
        yield "hint"
    if reference.issuer is not None and reference.issuer != certificate.issuer:
        yield "issuer"
    if reference.serial_number is not None and reference.serial_number != certificate.serial_number:
        yield "serial"
    for other in facts.references[1:]:
        # RFC 5035 5: where both versions of the attribute stand, both are about the signer.
        if other.is_signer and (
            other.algorithm is None or _digest_of(certificate, other.algorithm) != other.digest
        ):
            yield "other reference"


def _digest_of(certificate: CertificateFacts, kind: HashKind) -> bytes:
    return certificate.sha256 if kind.name == "sha256" else kind.digest(certificate.der)


def _holds(facts: SignatureFacts, certificate: CertificateFacts) -> bool:
    message = facts.message
    if message.algorithm is None:
        return False
    key = certificate.public_key
    if message.digest is not None:
        return equation_holds_for_digest(key, message.algorithm, message.value, message.digest)
    return any(equation_holds(key, message.algorithm, message.value, each) for each in message.messages)


def crypto_findings(facts: SignatureFacts, identified: Identified) -> Iterator[SignatureFinding]:
    """5.2.7: every digest, and the signature value."""
    for digest in facts.digests:
        if digest.is_broken:
            yield SignatureFinding("digest_broken", digest.place, facts.place)
        elif digest.algorithm is None:
            yield SignatureFinding("algorithm_unknown", digest.place, facts.place)
        elif digest.computed is None:
            code = "content_not_at_hand" if digest.is_required else "not_at_hand"
            yield SignatureFinding(code, digest.place, facts.place)
    if facts.message.algorithm is None:
        yield SignatureFinding("algorithm_unknown", "signatureAlgorithm", facts.place)
    elif identified.certificate is not None and not identified.holds and _has_message(facts):
        yield _finding("signature_broken", facts)


def _has_message(facts: SignatureFacts) -> bool:
    return bool(facts.message.messages) or facts.message.digest is not None


def is_intact(facts: SignatureFacts, identified: Identified) -> bool:
    """The signature value and every digest that can be checked hold, and the value could be checked."""
    return identified.holds and not any(digest.is_broken for digest in facts.digests)


def strength_findings(
    facts: SignatureFacts, identified: Identified, suite: AlgorithmTable, proven_at: dt.datetime
) -> Iterator[SignatureFinding]:
    """5.2.8.4: the algorithms of the signature itself at the moment by which it is known to have existed."""
    used = {digest.algorithm for digest in facts.digests if digest.algorithm is not None}
    if facts.message.algorithm is not None and facts.message.algorithm.digest is not None:
        used.add(facts.message.algorithm.digest)
    for kind in sorted(used, key=lambda each: each.name):
        if not _is_good(suite.hashes, kind.hash.name, 0, proven_at):
            yield _weak(kind.name, proven_at, facts)
    for reference in facts.references[:1]:
        # RFC 2634 5.4 knows only SHA-1 there.  To abuse it one has to find a second certificate for a given hash, not two
        # that collide, so it is told and changes nothing.
        if reference.algorithm is not None and not _is_good(
            suite.hashes, reference.algorithm.hash.name, 0, proven_at
        ):
            yield SignatureFinding("weak_reference", reference.algorithm.name, facts.place)
    if identified.certificate is not None:
        kind_of_key, bits = key_strength(identified.certificate.public_key)
        if not _is_good(suite.keys, kind_of_key, bits, proven_at):
            yield _weak(f"{kind_of_key} {bits}", proven_at, facts)


def _weak(what: str, at: dt.datetime, facts: SignatureFacts) -> SignatureFinding:
    return SignatureFinding("weak_algorithm", f"{what}, {moment_words(at)}", facts.place)


def _is_good(rows: tuple[Strength, ...], kind: str, bits: int, at: dt.datetime) -> bool:
    return any(
        row.kind == kind and bits >= row.bits and (row.until is None or at <= row.until) for row in rows
    )


def _finding(code: str, facts: SignatureFacts) -> SignatureFinding:
    return SignatureFinding(code, about=facts.place)
