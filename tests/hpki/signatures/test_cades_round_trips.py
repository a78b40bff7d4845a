"""Signed, extended, extended again, judged whenever: and one changed octet anywhere is never passed."""

import datetime as dt
from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hpki.errors import MalformedInput
from hpki.keys.algorithms import KeyAlgorithm
from hpki.signatures.claims import Claims
from hpki.signatures.cms.extending import Extension, extend
from hpki.signatures.cms.making import sign_cms
from hpki.signatures.cms.reading import read_document
from hpki.signatures.content import OctetContent
from hpki.signatures.facts import Level
from hpki.signatures.indication import Indication
from hpki.signatures.judge import judge_document
from hpki.validation.evidence import Evidence
from tests.signing_scene import CLAIMS, DAY, LETTER, MINUTE, POLICY, SIGNED_AT, scene

# What may follow what: the families do not mix, and a level is never left downwards.
_LADDERS = (
    (Level.T, Level.LT, Level.LTA, Level.LTA),
    (Level.LT, Level.LTA),
    (Level.LTA, Level.LTA, Level.LTA),
    (Level.ES_T, Level.ES_XL, Level.ES_A, Level.ES_A),
    (Level.ES_A, Level.ES_A),
)
_SELF_CONTAINED = {Level.LT, Level.LTA, Level.ES_XL, Level.ES_A}
ALGORITHMS = (KeyAlgorithm.P_256, KeyAlgorithm.P_384, KeyAlgorithm.RSA_2048)
QUIET = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def climb(
    content: bytes, algorithm: KeyAlgorithm, ladder: tuple[Level, ...], *, attached: bool, days: list[int]
) -> tuple[bytes, dt.datetime]:
    """A message that went up a ladder, so many days between the steps, and the moment of the last step."""
    where = scene(algorithm)
    message = sign_cms(OctetContent(content), where.unit(), Claims(SIGNED_AT, ("主治医",)), attached=attached)
    at = SIGNED_AT + MINUTE
    for level, wait in zip(ladder, days, strict=False):
        detached = None if attached else OctetContent(content)
        message = extend(message, level, Extension(where.authority(at), where.evidence(at), detached))
        at += wait * DAY + 5 * MINUTE
    return message, at


@QUIET
@given(
    content=st.binary(max_size=200),
    algorithm=st.sampled_from(ALGORITHMS),
    ladder=st.sampled_from(_LADDERS),
    steps=st.integers(1, 4),
    attached=st.booleans(),
    days=st.lists(st.integers(0, 400), min_size=4, max_size=4),
    later=st.integers(0, 300),
)
def test_judged_at_any_later_moment_it_passes(  # noqa: PLR0917 - what hypothesis draws
    content: bytes,
    algorithm: KeyAlgorithm,
    ladder: tuple[Level, ...],
    steps: int,
    attached: bool,  # noqa: FBT001 - what hypothesis draws
    days: list[int],
    later: int,
) -> None:
    climbed = ladder[:steps]
    message, at = climb(content, algorithm, climbed, attached=attached, days=days)
    detached = None if attached else OctetContent(content)
    when = at + later * DAY + MINUTE
    given_evidence = Evidence() if climbed[-1] in _SELF_CONTAINED else scene().evidence(when)
    report = judge_document(read_document(message, detached), given_evidence, POLICY, scene().anchors, when)
    assert report.indication is Indication.TOTAL_PASSED, [each.words("en") for each in report.signatures]
    assert report.signatures[0].proven_at == SIGNED_AT + MINUTE


@cache
def standing(level: str) -> bytes:
    """One message at a level."""
    where = scene()
    message = sign_cms(OctetContent(LETTER), where.unit(), CLAIMS, attached=True)
    if level == "B":
        return message
    return extend(message, Level(level), Extension(where.authority(), where.evidence()))


@settings(QUIET, max_examples=150)
@given(level=st.sampled_from(["B", "T", "LT", "LTA", "ES-XL", "ES-A"]), data=st.data())
def test_one_changed_octet_anywhere_never_passes(level: str, data: st.DataObject) -> None:
    message = standing(level)
    place = data.draw(st.integers(0, len(message) - 1))
    octet = data.draw(st.integers(0, 255).filter(lambda value: value != message[place]))
    changed = message[:place] + bytes((octet,)) + message[place + 1 :]
    try:
        document = read_document(changed)
    except MalformedInput:
        return
    evidence = scene().evidence() if level in {"B", "T"} else Evidence()
    report = judge_document(document, evidence, POLICY, scene().anchors, SIGNED_AT + 9 * MINUTE)
    assert report.indication is not Indication.TOTAL_PASSED, f"octet {place} of {level}"
    report.as_json()


@settings(QUIET, max_examples=150)
@given(level=st.sampled_from(["B", "LTA", "ES-A"]), data=st.data())
def test_a_message_that_is_cut_or_lengthened_never_passes(level: str, data: st.DataObject) -> None:
    message = standing(level)
    cut = data.draw(st.integers(0, len(message) - 1))
    for changed in (message[:cut], message + data.draw(st.binary(min_size=1, max_size=40))):
        try:
            document = read_document(changed)
        except MalformedInput:
            continue
        report = judge_document(document, scene().evidence(), POLICY, scene().anchors, SIGNED_AT + 9 * MINUTE)
        assert report.indication is not Indication.TOTAL_PASSED
