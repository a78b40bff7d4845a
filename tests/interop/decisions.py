"""The decisions of our judge beside EU DSS's, over the facts that DSS's own tests are made of.

Each file of diagnostic data is given to DSS (its default policy, at the moment that stands in it) and, played again with
keys of our own (`reenacted.py`), to our judge with the same policy as far as ours can say it.  What is left between the
two falls into a few kinds, each with its reason; a signature that we pass and DSS does not is listed by name.
"""

import datetime as dt
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from hpki.signatures.indication import worst_of
from hpki.signatures.judge import judge_document
from hpki.signatures.policy import TIME_STAMP, SignaturePolicy
from hpki.signatures.report import SignatureReport
from hpki.validation.algorithms import AlgorithmTable, Strength
from hpki.validation.policy import ValidationPolicy
from hpki.validation.revocation import RevocationDemand
from tests.interop.dss_judge import DssJudge, published_tests
from tests.interop.reenacted import Reenacted

_SOURCE: Final = "EU DSS 6.4, default policy"
_UNPLAYED: Final = (
    "sig-qualification/",
    "cert-validation/",
    "qwac-validation/",
    "policy/",
    "crypto-suite/",
    "mra/",
)


def _before(year: int, month: int) -> dt.datetime:
    return dt.datetime(year, month, 1, tzinfo=dt.UTC)


# AlgoExpirationDate of that policy, for the kinds of keys and hashes that are played.
_SUITE: Final = AlgorithmTable(
    keys=(
        Strength("RSA", 1900, _before(2029, 1), _SOURCE),
        Strength("RSA", 1024, _before(2019, 10), _SOURCE),
        Strength("EC", 256, None, _SOURCE),
    ),
    hashes=(
        Strength("sha1", 0, _before(2012, 8), _SOURCE),
        Strength("sha224", 0, _before(2029, 1), _SOURCE),
        *(
            Strength(name, 0, None, _SOURCE)
            for name in ("sha256", "sha384", "sha512", "sha3-256", "sha3-384", "sha3-512")
        ),
    ),
)
_DEMAND: Final = RevocationDemand(algorithms=_SUITE, life_without_end=dt.timedelta(days=36_500))
_POLICY: Final = SignaturePolicy(
    name="as DSS",
    signer=ValidationPolicy("as DSS", revocation=_DEMAND, bare_anchors=True, strict=False, algorithms=_SUITE),
    time_stamp=replace(TIME_STAMP, revocation=_DEMAND, algorithms=_SUITE),
    suite=_SUITE,
    require_signing_certificate=False,
    require_signing_time=True,
    strict_envelope=False,
)

# Codes by which we refuse what DSS takes (docs/validation/signatures.md, "Beside EU DSS").
_STRICTER: Final = frozenset(
    {
        "may_not_sign",  # RFC 6960 4.2.2.2: a responder certified by another than the issuer; RFC 5280 6.3.3 f: cRLSign
        "signer_not_proven",  # a responder that has ended, or below an anchor of another path
        "dropped",  # RFC 5280 3.3: a list from after the certificate's end may have dropped it
        "not_an_authority",  # RFC 5280 6.1.4 k, n
        "no_path",
        "answer_unproven",
        "stale",
        "weak",
    }
)
_LATER_WORDS: Final = frozenset({"REVOCATION_OUT_OF_BOUNDS_NO_POE", "CRYPTO_CONSTRAINTS_FAILURE"})
# What is left, and why.
OTHER: Final = {
    "md5-diag-data.xml": "MD5 is no algorithm here at all",
    "qualifQESigBrexit.xml": "the answer that says it is revoked is signed with a hash that is too weak here",
}
# What we pass and DSS does not, and why.
PASSED_HERE: Final = {
    "diag_data_wrong_responderid.xml": "the ResponderID is not among the facts that are played",
    "DSS-1861/pades-timestamp-order-check.xml": "revocation data from after the moment of judging count here",
    "DSS-1861/pades-wrong-timestamp-order.xml": "the same",
    "er-validation/asic-sig-with-er-valid.xml": "revocation data that came on-line are proven otherwise",
    "er-validation/sig-detached-with-ext-er.xml": "the same",
    "DSS-1768/dss-1768-plain-ecdsa128.xml": "the facts contradict themselves: an RSA key signs with ECDSA of 128 bits",
    "DSS-1768/dss-1768-plain-ecdsa160.xml": "the same",
    "pades-multi-signer-info.xml": "the structure of PDF and CMS is not played",
    "signedProperties_missed.xml": "the structure of XAdES is not played",
    "diag_data_sign_before_sig_tst.xml": "we refuse the time-stamp, which is set apart here",
}


@dataclass(frozen=True)
class Decision:
    """What each says of one signature; `reasons` are all sub-indications behind ours, `codes` their findings."""

    name: str
    ours: str
    theirs: str
    reasons: frozenset[str]
    codes: frozenset[str]

    @property
    def kind(self) -> str:
        """How they differ: the first kind that fits."""
        is_unknown = "TRY_LATER" in self.reasons and self.theirs == "CERTIFICATE_CHAIN_GENERAL_FAILURE"
        is_weak = "weak" in self.codes and self.theirs == "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
        is_stricter = self.theirs in {"passed", "OUT_OF_BOUNDS_NOT_REVOKED"} and self.ours != "passed"
        kinds = {
            "same": self.ours == self.theirs,
            "another reason of ours is named first": self.theirs in self.reasons,
            "a status that is not known is called otherwise (5.2.6)": is_unknown,
            "structure is not played": self.theirs == "FORMAT_FAILURE",
            "stricter": is_stricter and self.codes <= _STRICTER | {"expired"},
            "revocation data under a weak hash are no data here": is_weak,
            "a word that V1.3.1 does not have, or that we do not tell apart": self.theirs in _LATER_WORDS,
            "passed here": self.ours == "passed",
        }
        return next((kind for kind, fits in kinds.items() if fits), "other")


@cache
def decisions(judge: DssJudge) -> tuple[Decision, ...]:
    return tuple(_decisions(judge))


def _decisions(judge: DssJudge) -> Iterator[Decision]:
    with zipfile.ZipFile(published_tests("dss-validation")) as archive:
        for path in sorted(archive.namelist()):
            name = path.removeprefix("diag-data/")
            if name == path or not name.endswith(".xml") or name.startswith(_UNPLAYED):
                continue
            octets = archive.read(path)
            if b"<DiagnosticData" in octets and b"<Signature " in octets:
                yield from _of_file(name, octets, judge)


def _of_file(name: str, octets: bytes, judge: DssJudge) -> Iterator[Decision]:
    played = Reenacted.of(octets)
    report = judge_document(played.document(), played.evidence, _POLICY, played.anchors, played.at)
    theirs = judge.decide(octets)
    assert len(theirs) == len(report.signatures), name
    for mine, verdict in zip(report.signatures, theirs, strict=True):
        yield _decision(name, mine, verdict.sub_indication)


def _decision(name: str, mine: SignatureReport, theirs: str) -> Decision:
    # DSS's policy only warns of a time-stamp that is no proof; ours refuses the signature.  That is set apart.
    counted = [
        found
        for found in mine.findings
        if found.sub_indication is not None and found.code != "time_stamp_refused"
    ]
    sub = worst_of(found.sub_indication for found in counted)
    return Decision(
        name,
        "passed" if sub is None else str(sub),
        "passed" if theirs == "null" else theirs,
        frozenset(str(found.sub_indication) for found in counted),
        frozenset(found.code for found in counted),
    )


def lines(found: tuple[Decision, ...]) -> list[str]:
    """How many of which kind."""
    return [f"{count:4} {kind}" for kind, count in Counter(each.kind for each in found).most_common()]


def unexplained(found: tuple[Decision, ...]) -> list[str]:
    """What differs without a reason in the tables."""
    passed = [each for each in found if each.ours == "passed" and each.theirs != "passed"]
    return [
        f"{each.name}: ours {each.ours}, DSS {each.theirs} {sorted(each.codes)}"
        for each in found
        if (each in passed and each.name not in PASSED_HERE)
        or (each.kind == "other" and each.name not in OTHER)
    ]
