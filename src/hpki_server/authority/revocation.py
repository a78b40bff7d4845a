"""Why a certificate is revoked or held, and whether that may be done.  Facts in, denials out; no table, no clock."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from cryptography.x509 import ReasonFlags
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hpki_server.people.denial import Denial


class Case(StrEnum):
    """What has happened, in the officer's words; the reason code follows from it."""

    LOST = "lost"
    STOLEN = "stolen"
    NAME_CHANGED = "name-changed"
    REPLACED = "replaced"
    NO_LONGER_USED = "no-longer-used"
    DIED = "died"
    WRONG_CONTENT = "wrong-content"

    @property
    def label(self) -> Promise:
        return _LABELS[self]

    @property
    def reason(self) -> ReasonFlags:
        """The CRLReason (RFC 5280 5.3.1)."""
        return _REASONS[self]

    @property
    def is_urgent(self) -> bool:
        """Someone else may have the card: the next lists go out at once."""
        return self in {Case.LOST, Case.STOLEN}


_LABELS: Final[Mapping[Case, Promise]] = MappingProxyType(
    {
        Case.LOST: _("紛失"),
        Case.STOLEN: _("盗難"),
        Case.NAME_CHANGED: _("氏名・会員種別の変更"),
        Case.REPLACED: _("破損・故障による再発行"),
        Case.NO_LONGER_USED: _("利用の中止"),
        Case.DIED: _("死亡"),
        Case.WRONG_CONTENT: _("記載内容の誤り・虚偽の申請"),
    }
)
_REASONS: Final[Mapping[Case, ReasonFlags]] = MappingProxyType(
    {
        # A lost card may be found by someone who watched its PIN.
        Case.LOST: ReasonFlags.key_compromise,
        Case.STOLEN: ReasonFlags.key_compromise,
        Case.NAME_CHANGED: ReasonFlags.affiliation_changed,
        Case.REPLACED: ReasonFlags.superseded,
        # Samples: cessationOfOperation in all 400 entries of the lists of 2022.
        Case.NO_LONGER_USED: ReasonFlags.cessation_of_operation,
        Case.DIED: ReasonFlags.cessation_of_operation,
        Case.WRONG_CONTENT: ReasonFlags.privilege_withdrawn,
    }
)
# Of a revocation that stands, only the reason is recorded.
URGENT_REASONS: Final = frozenset(case.reason.value for case in Case if case.is_urgent)
CASE_CHOICES: Final = [(case.value, label) for case, label in _LABELS.items()]
# What a serial that was given up counts as: nobody can know whether it was signed.
ABANDONED: Final = ReasonFlags.cessation_of_operation


@dataclass(frozen=True)
class StatusFacts:
    """A card or a single certificate whose status is about to change."""

    # Of the certificates that exist: how many there are, are revoked, and are held.
    signed: int
    revoked: int
    held: int
    # The end of the longest validity.
    not_after: dt.datetime | None
    officer_reaches: bool
    at: dt.datetime


StatusRule = Callable[[StatusFacts], Denial | None]


def out_of_reach(facts: StatusFacts) -> Denial | None:
    if facts.officer_reaches:
        return None
    return Denial("out_of_reach", _("この団体のカードを失効・停止する権限がありません。"))


def nothing_to_revoke(facts: StatusFacts) -> Denial | None:
    if facts.signed:
        return None
    return Denial("no_certificate", _("このカードには、まだ証明書がありません。"))


def all_revoked(facts: StatusFacts) -> Denial | None:
    if not facts.signed or facts.revoked < facts.signed:
        return None
    return Denial("already_revoked", _("このカードの証明書は、すでに失効しています。"))


def expired(facts: StatusFacts) -> Denial | None:
    if facts.not_after is None or facts.at <= facts.not_after:
        return None
    return Denial("certificate_expired", _("証明書の有効期間は、すでに終わっています。"))


def already_held(facts: StatusFacts) -> Denial | None:
    if not facts.held:
        return None
    return Denial("already_held", _("このカードは、すでに一時停止中です。"))


def not_held(facts: StatusFacts) -> Denial | None:
    if facts.held:
        return None
    return Denial("not_held", _("このカードは、一時停止中ではありません。"))


REVOCATION_RULES: Final[tuple[StatusRule, ...]] = (out_of_reach, nothing_to_revoke, all_revoked)
HOLD_RULES: Final[tuple[StatusRule, ...]] = (
    out_of_reach,
    nothing_to_revoke,
    all_revoked,
    expired,
    already_held,
)
# RFC 5280 5.3.1: only certificateHold can be taken back.
RELEASE_RULES: Final[tuple[StatusRule, ...]] = (out_of_reach, not_held)


def denials(rules: tuple[StatusRule, ...], facts: StatusFacts) -> list[Denial]:
    return [denial for rule in rules if (denial := rule(facts))]


def next_crl_number(latest: int, *, at: dt.datetime) -> int:
    """Greater than every number taken before, on every machine and in every backup.

    RFC 5280 5.2.3: "a monotonically increasing sequence number".  The milliseconds of the clock are the floor: no
    issuer makes a thousand lists a second, so a database restored from a backup, which has forgotten the numbers
    given since, still goes on above them.  With the clock set back the counter goes on alone.
    """
    return max(latest + 1, int(at.timestamp() * 1000))
