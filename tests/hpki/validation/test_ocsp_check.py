"""OCSP answers: whose word counts, for which certificate, and for how long (RFC 6960)."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import cryptography_vectors
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from hpki.errors import MalformedInput
from hpki.validation.facts import CertificateFacts, read_certificate
from hpki.validation.ocsp_answer import MAX_ANSWER_OCTETS, read_ocsp_answer
from hpki.validation.revocation import Verdict
from tests.hpki.validation.status_world import (
    AT,
    CA,
    DAY,
    HOUR,
    Answer,
    Crl,
    Entry,
    ask,
    authority,
    card,
    certificate,
    usage,
)

SIGNS = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False)
REVOKED = Answer(ocsp.OCSPCertStatus.REVOKED, revoked_at=AT - DAY, reason=x509.ReasonFlags.superseded)
UNKNOWN_CRITICAL = (
    x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.32473.1"), b"\x05\x00"),
    True,
)
GOOD = Answer().der()


def responder(*extensions: tuple[x509.ExtensionType, bool], issuer: str = "ca") -> CertificateFacts:
    return certificate("ocsp", "ocsp", issuer, issuer, serial=50, extensions=extensions)


DELEGATED = responder(SIGNS, (usage("digital_signature"), True))


def said(answer: Answer, **more: object) -> tuple[Verdict, str]:
    finding = ask(answers=(answer.read(),), **more)  # type: ignore[arg-type]  # the names are those of `ask`
    return finding.verdict, finding.code


@pytest.mark.parametrize("algorithm", [hashes.SHA1(), hashes.SHA256()], ids=["sha1", "sha256"])  # noqa: S303 - a CertID
@pytest.mark.parametrize("by_name", [True, False], ids=["by name", "by key"])
def test_the_authority_itself_answers(algorithm: hashes.HashAlgorithm, by_name: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert said(Answer(algorithm=algorithm, by_name=by_name)) == (Verdict.GOOD, "not_revoked_ocsp")


def test_revoked_is_revoked_with_its_reason() -> None:
    finding = ask(answers=(REVOKED.read(),))

    assert (finding.verdict, finding.reason) == (Verdict.REVOKED, x509.ReasonFlags.superseded)
    assert finding.revoked_at == AT - DAY


def test_a_serial_that_the_responder_does_not_know_is_not_good() -> None:
    assert said(Answer(ocsp.OCSPCertStatus.UNKNOWN)) == (Verdict.UNDETERMINED, "ocsp_unknown")


def test_a_delegated_responder_needs_its_purpose_and_a_path() -> None:
    answer = Answer(responder=DELEGATED, responder_key="ocsp")

    assert said(answer, proven=(DELEGATED,)) == (Verdict.GOOD, "not_revoked_ocsp")
    assert said(answer)[1] == "signer_not_proven"


@pytest.mark.parametrize(
    "stranger",
    [responder(), responder(SIGNS, (usage("key_encipherment"), True)), responder(SIGNS, issuer="another")],
    ids=["no purpose", "wrong usage", "of another authority"],
)
def test_nobody_else_answers_for_an_authority(stranger: CertificateFacts) -> None:
    assert said(Answer(responder=stranger, responder_key="ocsp"), proven=(stranger,))[1] == "may_not_sign"


def test_mallory_answers_under_the_name_of_the_authority_and_helps_nobody() -> None:
    forger = certificate("ca", "mallory", "ca", "mallory", extensions=[SIGNS])
    forged = Answer(responder=forger, responder_key="mallory")

    assert said(forged, proven=(forger,))[1] == "may_not_sign"
    assert said(replace(forged, by_name=False))[1] == "may_not_sign"
    assert said(replace(REVOKED, responder=forger, responder_key="mallory"))[0] is Verdict.UNDETERMINED


def test_an_answer_about_another_certificate_or_issuer_is_none() -> None:
    assert said(Answer(about=card(serial=77)))[1] == "no_data"
    assert said(Answer(issuer=authority("ca", "another-key")))[1] == "no_data"


def test_answers_have_their_time() -> None:
    assert said(Answer(next_update=AT - HOUR / 2))[1] == "stale"
    assert said(Answer(this_update=AT + HOUR, next_update=AT + DAY))[1] == "from_later"
    assert said(Answer(next_update=None))[1] == "stale", "newer information is available all the time"
    assert said(Answer(this_update=AT - dt.timedelta(minutes=2), next_update=None))[0] is Verdict.GOOD


def test_a_critical_extension_nobody_knows_spoils_the_answer() -> None:
    assert said(Answer(extensions=(UNKNOWN_CRITICAL,)))[1] == "unknown_critical"


def test_a_certificate_that_ended_needs_an_archive() -> None:
    assert said(Answer(about=card(ends=AT - DAY)), about=card(ends=AT - DAY))[1] == "dropped"


def test_a_revocation_in_either_source_counts_and_else_the_newer_one() -> None:
    hold = Crl((Entry(reason=x509.ReasonFlags.certificate_hold),), this_update=AT - 2 * HOUR)

    assert said(REVOKED) == (Verdict.REVOKED, "revoked")
    assert ask(Crl(), answers=(REVOKED.read(),)).verdict is Verdict.REVOKED
    assert ask(Crl((Entry(),)), answers=(Answer().read(),)).verdict is Verdict.REVOKED
    assert ask(hold, answers=(Answer().read(),)).is_good, "the answer is newer than the hold"
    assert ask(hold, answers=(Answer(this_update=AT - 3 * HOUR).read(),)).verdict is Verdict.ON_HOLD


def test_an_answer_that_helps_nothing_leaves_the_list_to_speak() -> None:
    unknown = Answer(ocsp.OCSPCertStatus.UNKNOWN).read()

    assert ask(Crl(), answers=(unknown,)).is_good
    assert ask(Crl(next_update=AT - HOUR / 2), answers=(unknown,)).code == "stale"


def test_an_answer_names_its_nonce_and_its_responder() -> None:
    answer = Answer(extensions=((x509.OCSPNonce(b"n" * 32), False),)).read()

    assert answer.nonce == b"n" * 32
    assert answer.is_from(CA)
    assert not answer.is_from(DELEGATED)


def test_errors_and_oversized_answers_are_malformed_input() -> None:
    refused = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)

    for octets in (
        b"",
        b"\x30",
        refused.public_bytes(Encoding.DER),
        b"\x30" * (MAX_ANSWER_OCTETS + 1),
    ):
        with pytest.raises(MalformedInput):
            read_ocsp_answer(octets)


@given(place=st.integers(0, len(GOOD) - 1), octet=st.integers(0, 255), cut=st.integers(0, 40))
def test_a_damaged_answer_is_read_or_refused_and_never_good_under_a_broken_signature(
    place: int, octet: int, cut: int
) -> None:
    damaged = bytearray(GOOD)
    damaged[place] = octet
    octets = bytes(damaged[: len(damaged) - cut]) if cut > 30 else bytes(damaged)
    try:
        answer = read_ocsp_answer(octets)
    except MalformedInput:
        return
    finding = ask(answers=(answer,))
    assert octets == GOOD or answer.is_signed_by(CA) or not finding.is_good


def test_an_answer_with_a_certificate_nobody_has_seen_before_is_read() -> None:
    octets = Answer(responder=DELEGATED, responder_key="ocsp").der()
    read_certificate.cache_clear()

    assert read_ocsp_answer(octets).certificates == (DELEGATED,)


REAL = Path(cryptography_vectors.__file__).parent / "x509" / "ocsp"


@pytest.mark.parametrize("path", sorted(REAL.glob("*.der")), ids=lambda path: path.stem)
def test_answers_of_the_world_are_read_or_refused_in_a_sentence(path: Path) -> None:
    try:
        answer = read_ocsp_answer(path.read_bytes())
    except MalformedInput:
        return
    assert answer.singles
    assert not ask(answers=(answer,)).is_good
