"""May this happen to a card, a key or an issuer?  Facts in, denials out; nothing here reads a table or a clock."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from hpki_server.people.denial import Denial
from hpki_server.people.duties import Duty
from hpki_server.people.officer import Officer

PICKUP = "pickup"
# A challenge is answered by a card that lies on the reader; a minute is long.
CHALLENGE_LIFE = dt.timedelta(seconds=60)
# From the card's answer to the officer's click.
PROOF_LIFE = dt.timedelta(minutes=10)
_PRINTED = re.compile(r"(\d{2})-(\d{7})-(\d)")

KEY_NOT_READABLE = Denial("key_not_readable", _("カードの公開鍵を読み取れません。"))
KEY_NOT_HELD = Denial("key_not_held", _("カードが秘密鍵を持っていることを確認できません。"))
KEY_UNAVAILABLE = Denial(
    "key_unavailable", _("発行者の鍵に接続できません。鍵装置を確認してから、もう一度実行してください。")
)
NO_ISSUER = Denial("no_issuer", _("この種類の証明書を発行できる発行者がありません。"))
CHALLENGE_UNKNOWN = Denial(
    "challenge_unknown", _("この確認は見つかりません。もう一度カードを読み取ってください。")
)
NO_LIFE_LEFT = Denial(
    "no_life_left", _("発行者または暗号方式の期限が過ぎているため、カードを発行できません。")
)
PINS_PRINTED = Denial("pins_printed", _("暗証番号は既に印刷され、記録は消去されています。"))
OTHER_CARD_IN_READER = Denial("other_card_in_reader", _("読取装置に別のカードが置かれています。"))
REMOTE_INCOMPLETE = Denial("card_incomplete", _("リモート利用の証明書がそろっていません。"))
CARD_UNKNOWN = Denial("card_unknown", _("このカードの発行指示がありません。"))
NO_DUTY = Denial("no_duty", _("この操作を行う権限がありません。"))


# --- whose work it is -------------------------------------------------------------------------------------------


def duty_denials(by: Officer | str, duty: Duty, places: frozenset[UUID]) -> list[Denial]:
    """An officer needs the duty in one of the places; a name in text is the server's own work, e.g. "system"."""
    if isinstance(by, str) or by.organisations(duty) & places:
        return []
    return [NO_DUTY]


# --- the printed number ---------------------------------------------------------------------------------------


def check_digit(digits: str) -> str:
    """ISO/IEC 7064 MOD 11,10: finds every single wrong digit and nearly every exchange of two neighbours."""
    product = 10
    for digit in digits:
        total = (product + int(digit)) % 10 or 10
        product = total * 2 % 11
    return str((11 - product) % 10)


def printed_number(prefecture: str, number: int) -> str:
    """The card's number as on its face: prefecture, seven digits, check digit."""
    return f"{prefecture}-{number:07d}-{check_digit(f'{prefecture}{number:07d}')}"


def is_printed_number(typed: str) -> bool:
    """Whether what someone typed can be a card's number at all."""
    match = _PRINTED.fullmatch(typed)
    return match is not None and check_digit(match[1] + match[2]) == match[3]


# --- a card's life --------------------------------------------------------------------------------------------

# From which states a step may be taken.  There is no other way from one state to another.
STEPS_FROM = {
    "personalise": frozenset({"ordered", "personalising"}),
    "issue-certificates": frozenset({"personalising"}),
    "record-personalised": frozenset({"personalising"}),
    "print-pins": frozenset({"issued", "active"}),
    "hand-over": frozenset({"issued"}),
    "scrap": frozenset({"ordered", "personalising", "issued"}),
    "reorder": frozenset({"scrapped"}),
    "hold-remotely": frozenset({"ordered", "personalising"}),
}


def step_denials(step: str, state: str) -> list[Denial]:
    if state in STEPS_FROM[step]:
        return []
    return [Denial("wrong_state", _("カードの状態が、この操作を許していません。"))]


# --- certificates for a card ----------------------------------------------------------------------------------


class IssueFacts(NamedTuple):
    """One key for one card, as our records see it."""

    card_state: str
    card_id: str
    proven_card_id: str
    # The last moment that the card promises, and the last one that profile, issuer and algorithms allow.
    not_after: dt.datetime
    latest_not_after: dt.datetime
    at: dt.datetime


IssueRule = Callable[[IssueFacts], Denial | None]


def card_not_open(facts: IssueFacts) -> Denial | None:
    denials = step_denials("issue-certificates", facts.card_state)
    return denials[0] if denials else None


def proven_for_another_card(facts: IssueFacts) -> Denial | None:
    if facts.card_id == facts.proven_card_id:
        return None
    return Denial("key_of_another_card", _("鍵の確認は、別のカードに対するものです。"))


def card_expired(facts: IssueFacts) -> Denial | None:
    if facts.at < facts.not_after:
        return None
    return Denial("card_expired", _("カードの有効期限が過ぎています。"))


def outlives_its_issuer(facts: IssueFacts) -> Denial | None:
    if facts.not_after <= facts.latest_not_after:
        return None
    return Denial(
        "outlives_issuer", _("カードの有効期限まで証明書を発行できません（発行者または暗号方式の期限）。")
    )


ISSUE_RULES: tuple[IssueRule, ...] = (
    card_not_open,
    proven_for_another_card,
    card_expired,
    outlives_its_issuer,
)


def issue_denials(facts: IssueFacts) -> list[Denial]:
    return [denial for rule in ISSUE_RULES if (denial := rule(facts))]


KEY_CERTIFIED = Denial(
    "key_certified",
    _("このカードには、別の鍵の証明書が既にあります。カードを廃棄し、発行をやり直してください。"),
)


# --- the card answers a challenge -------------------------------------------------------------------------------


@dataclass(frozen=True)
class PresenceFacts:
    """What was asked, what came back, and what our records say of the card."""

    purpose: str
    asked_purpose: str
    expires_at: dt.datetime
    used_at: dt.datetime | None
    claimed_certificate_der: bytes
    recorded_certificate_der: bytes | None
    has_presence_policy: bool
    not_before: dt.datetime | None
    not_after: dt.datetime | None
    signature_fits: Callable[[], bool]
    at: dt.datetime


PresenceRule = Callable[[PresenceFacts], Denial | None]


def challenge_used(facts: PresenceFacts) -> Denial | None:
    if facts.used_at is None:
        return None
    return Denial("challenge_used", _("この確認は既に使われています。もう一度カードを読み取ってください。"))


def challenge_expired(facts: PresenceFacts) -> Denial | None:
    if facts.at < facts.expires_at:
        return None
    return Denial("challenge_expired", _("確認の時間が切れました。もう一度カードを読み取ってください。"))


def asked_for_something_else(facts: PresenceFacts) -> Denial | None:
    if facts.purpose == facts.asked_purpose:
        return None
    return Denial("challenge_other_purpose", _("この確認は、別の目的のものです。"))


def not_the_recorded_certificate(facts: PresenceFacts) -> Denial | None:
    recorded = facts.recorded_certificate_der
    if recorded is not None and recorded == facts.claimed_certificate_der and facts.has_presence_policy:
        return None
    return Denial("other_card", _("読み取ったカードは、交付するカードではありません。"))


def outside_validity(facts: PresenceFacts) -> Denial | None:
    if facts.not_before is None or facts.not_after is None:
        return None
    if facts.not_before <= facts.at <= facts.not_after:
        return None
    return Denial("certificate_expired", _("カードの証明書が有効期間内にありません。"))


def signature_wrong(facts: PresenceFacts) -> Denial | None:
    if facts.signature_fits():
        return None
    return Denial("signature_wrong", _("カードの応答が正しくありません。"))


PRESENCE_RULES: tuple[PresenceRule, ...] = (
    challenge_used,
    challenge_expired,
    asked_for_something_else,
    not_the_recorded_certificate,
    outside_validity,
    signature_wrong,
)


def presence_denials(facts: PresenceFacts) -> list[Denial]:
    """The first denial only: a later rule is not asked about what an earlier one refused."""
    for rule in PRESENCE_RULES:
        if denial := rule(facts):
            return [denial]
    return []


# --- handing over ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class HandOverFacts:
    card: UUID
    card_state: str
    proven_card: UUID
    proven_purpose: str
    proven_at: dt.datetime
    at: dt.datetime


HandOverRule = Callable[[HandOverFacts], Denial | None]


def not_waiting(facts: HandOverFacts) -> Denial | None:
    denials = step_denials("hand-over", facts.card_state)
    return denials[0] if denials else None


def proof_of_another_card(facts: HandOverFacts) -> Denial | None:
    if facts.card == facts.proven_card and facts.proven_purpose == PICKUP:
        return None
    return Denial("other_card", _("読み取ったカードは、交付するカードではありません。"))


def proof_too_old(facts: HandOverFacts) -> Denial | None:
    if dt.timedelta(0) <= facts.at - facts.proven_at <= PROOF_LIFE:
        return None
    return Denial("proof_too_old", _("カードの確認から時間がたちました。もう一度読み取ってください。"))


HAND_OVER_RULES: tuple[HandOverRule, ...] = (not_waiting, proof_of_another_card, proof_too_old)


def hand_over_denials(facts: HandOverFacts) -> list[Denial]:
    return [denial for rule in HAND_OVER_RULES if (denial := rule(facts))]


# --- a finished card --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FinishedFacts:
    """A card that was read back at the desk, against what our records want of it."""

    card_state: str
    card_id: str
    read_card_id: str
    signed_profiles: frozenset[str]
    wanted_profiles: frozenset[str]
    has_pins: bool


def finished_denials(facts: FinishedFacts) -> list[Denial]:
    denials = step_denials("record-personalised", facts.card_state)
    if facts.read_card_id != facts.card_id:
        denials.append(OTHER_CARD_IN_READER)
    if not facts.has_pins or facts.signed_profiles < facts.wanted_profiles:
        denials.append(Denial("card_incomplete", _("カードの証明書または暗証番号がそろっていません。")))
    return denials
