"""When a document in the queue may go on, and whether a signature is the one it waits for.  Pure: facts in, denials out."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from django.utils.translation import gettext_lazy as _

from hpki_server.people.denial import Denial


class State(StrEnum):
    """Where a document stands; the values are those of the table's column."""

    WAITING = "waiting"
    SIGNED = "signed"
    COLLECTED = "collected"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Step(StrEnum):
    """What may be done with it."""

    SIGN = "sign"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    COLLECT = "collect"
    EXPIRE = "expire"


TABLE: Final[Mapping[tuple[State, Step], State]] = MappingProxyType(
    {
        (State.WAITING, Step.SIGN): State.SIGNED,
        (State.WAITING, Step.DECLINE): State.DECLINED,
        (State.WAITING, Step.WITHDRAW): State.WITHDRAWN,
        (State.WAITING, Step.EXPIRE): State.EXPIRED,
        (State.SIGNED, Step.COLLECT): State.COLLECTED,
        (State.SIGNED, Step.EXPIRE): State.EXPIRED,
    }
)
# A step that is asked for again after an answer was lost is no error.
REPEATABLE: Final[Mapping[Step, State]] = MappingProxyType(
    {Step.WITHDRAW: State.WITHDRAWN, Step.COLLECT: State.COLLECTED}
)
# The depositor's and the holder's steps; only a deadline expires.
_ENDS_WITH_DEADLINE: Final = frozenset({Step.SIGN, Step.DECLINE})

_STANDS: Final[Mapping[State, Denial]] = MappingProxyType(
    {
        State.WAITING: Denial("task_waiting", _("この文書は、まだ署名されていません。")),
        State.SIGNED: Denial("task_signed", _("この文書は、すでに署名されています。")),
        State.COLLECTED: Denial("task_collected", _("この文書は、すでに引き渡されています。")),
        State.DECLINED: Denial("task_declined", _("この文書は、署名しないと回答されています。")),
        State.WITHDRAWN: Denial("task_withdrawn", _("この文書は、依頼元が取り下げました。")),
        State.EXPIRED: Denial("task_expired", _("この文書は、期限が過ぎました。依頼元にご連絡ください。")),
    }
)


def stands(state: State) -> Denial:
    """Where a document stands, as the reason why something else is not possible."""
    return _STANDS[state]


def next_state(
    state: State, step: Step, *, deadline: dt.datetime, at: dt.datetime
) -> tuple[State | None, list[Denial]]:
    """The state that follows, or why the step is not possible."""
    following = TABLE.get((state, step))
    if following is None:
        return None, [_STANDS[state]]
    if step in _ENDS_WITH_DEADLINE and at >= deadline:
        return None, [_STANDS[State.EXPIRED]]
    return following, []


# --- depositing -------------------------------------------------------------------------------------------------

# Chosen by ourselves; an operator who needs others changes this policy.
DOCUMENT_OCTETS: Final = 10 * 1024 * 1024
USUAL_TERM: Final = dt.timedelta(days=30)
LONGEST_TERM: Final = dt.timedelta(days=90)
MOST_WAITING_FOR_HOLDER: Final = 500
MOST_OPEN_OF_CLIENT: Final = 5000


@dataclass(frozen=True)
class DepositFacts:
    """Somebody wants a document signed.  `trouble` says why the document itself cannot be taken."""

    octets: int
    trouble: Denial | None
    has_holder: bool
    name_fits: bool
    holder_waits: int
    client_holds: int
    title: str
    file_name: str
    deadline: dt.datetime
    at: dt.datetime


def empty(facts: DepositFacts) -> Denial | None:
    if facts.octets:
        return None
    return Denial("document_empty", _("空のファイルです。別の文書を選んでください。"))


TOO_LARGE: Final = Denial("too_large", _("文書が大きすぎます。10 MB までの文書に署名できます。"))


def too_large(facts: DepositFacts) -> Denial | None:
    return None if facts.octets <= DOCUMENT_OCTETS else TOO_LARGE


def unfit(facts: DepositFacts) -> Denial | None:
    return facts.trouble


def no_title(facts: DepositFacts) -> Denial | None:
    if facts.title and facts.file_name:
        return None
    return Denial("title_missing", _("文書の題名を入れてください。"))


def nobody_to_sign(facts: DepositFacts) -> Denial | None:
    if facts.has_holder:
        return None
    return Denial(
        "no_card_in_force",
        _(
            "署名できるカードが見つかりません。登録番号をお確かめください。使用中のカードのある方だけが署名できます。"
        ),
    )


def another_name(facts: DepositFacts) -> Denial | None:
    if not facts.has_holder or facts.name_fits:
        return None
    return Denial("name_differs", _("この登録番号の方の姓と一致しません。登録番号と姓をお確かめください。"))


def deadline_unfit(facts: DepositFacts) -> Denial | None:
    if facts.at < facts.deadline <= facts.at + LONGEST_TERM:
        return None
    return Denial("deadline_unfit", _("期限は、今から 90 日後までの日時にしてください。"))


def queue_full(facts: DepositFacts) -> Denial | None:
    if facts.holder_waits < MOST_WAITING_FOR_HOLDER and facts.client_holds < MOST_OPEN_OF_CLIENT:
        return None
    return Denial("queue_full", _("署名を待つ文書が多すぎます。減ってから、もう一度お送りください。"))


DEPOSIT_RULES: Final[tuple[Callable[[DepositFacts], Denial | None], ...]] = (
    empty,
    too_large,
    unfit,
    no_title,
    nobody_to_sign,
    another_name,
    deadline_unfit,
    queue_full,
)


def deposit_denials(facts: DepositFacts) -> list[Denial]:
    return [denial for rule in DEPOSIT_RULES if (denial := rule(facts))]


# --- signing ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SignedFacts:
    """What came back from the holder, checked against the draft, the judge's word and the authority's records.

    `differs` is "" when it signs exactly the draft, else what is wrong, in technical words for the record.
    """

    octets: int
    differs: str
    signatures: int
    level: str
    indication: str
    sub_indication: str
    signer_known: bool
    signer_is_holder: bool
    signer_in_force: bool


def too_large_signed(facts: SignedFacts) -> Denial | None:
    # A signature adds some tens of thousands of octets, its long-term data more.
    if facts.octets <= DOCUMENT_OCTETS + MOST_ADDED:
        return None
    return TOO_LARGE


MOST_ADDED: Final = 1024 * 1024


def another_document(facts: SignedFacts) -> Denial | None:
    if not facts.differs:
        return None
    return Denial(
        "not_this_document",
        _("署名されたのは、お預かりした文書とは違う内容です。表示された文書そのものに署名してください。"),
    )


def one_signature(facts: SignedFacts) -> Denial | None:
    if facts.differs or facts.signatures == 1:
        return None
    return Denial("one_signature", _("署名は一つだけ付けてください。"))


def plain_level(facts: SignedFacts) -> Denial | None:
    if facts.differs or facts.level == "B":
        return None
    return Denial("level_not_b", _("署名だけ（B）で送ってください。タイムスタンプはこのサーバーが付けます。"))


def unknown_signer(facts: SignedFacts) -> Denial | None:
    if facts.differs or facts.signer_known:
        return None
    return Denial("signer_unknown", _("当センターが発行した署名用の証明書ではありません。"))


def another_signer(facts: SignedFacts) -> Denial | None:
    if not facts.signer_known or facts.signer_is_holder:
        return None
    return Denial("signer_not_holder", _("依頼された方とは別の方の署名です。"))


SIGNER_ENDED: Final = Denial("signer_not_in_force", _("署名に使われたカードは、停止または失効しています。"))


def signer_ended(facts: SignedFacts) -> Denial | None:
    if not facts.signer_known or facts.signer_in_force:
        return None
    return SIGNER_ENDED


def status_unknown(facts: SignedFacts) -> Denial | None:
    """EN 319 102-1 5.3.4: the lists at hand are too old to say whether the card was revoked."""
    if facts.differs or facts.sub_indication != "TRY_LATER":
        return None
    return Denial(
        "status_unknown", _("失効の情報が、今は揃っていません。しばらくしてから、もう一度お送りください。")
    )


def not_passed(facts: SignedFacts) -> Denial | None:
    if facts.differs or facts.indication == "TOTAL_PASSED" or status_unknown(facts):
        return None
    return Denial("signature_not_passed", _("署名の検証に合格しませんでした。もう一度署名してください。"))


ACCEPTANCE_RULES: Final[tuple[Callable[[SignedFacts], Denial | None], ...]] = (
    too_large_signed,
    another_document,
    one_signature,
    plain_level,
    unknown_signer,
    another_signer,
    signer_ended,
    status_unknown,
    not_passed,
)


def acceptance_denials(facts: SignedFacts) -> list[Denial]:
    return [denial for rule in ACCEPTANCE_RULES if (denial := rule(facts))]


TASK_UNKNOWN: Final = Denial("task_unknown", _("この文書は見つかりません。"))
DOCUMENT_GONE: Final = Denial("document_gone", _("この文書は、保管の期限が過ぎたため削除されています。"))
KEY_REUSED: Final = Denial(
    "idempotency_key_reused", _("同じ整理番号（Idempotency-Key）で、別の内容が送られました。")
)
REASON_MISSING: Final = Denial("reason_missing", _("署名しない理由を入れてください。"))
UNREADABLE: Final = Denial(
    "document_unreadable", _("この PDF は読み取れません（壊れているか、暗号化されています）。")
)
ALREADY_SIGNED: Final = Denial(
    "document_already_signed", _("すでに署名のある文書です。署名の付いていない文書をお送りください。")
)
TIME_STAMP_MISSING: Final = Denial(
    "time_stamp_unavailable",
    _(
        "タイムスタンプを付けられませんでした。署名は受け取っていません。しばらくしてから、もう一度お送りください。"
    ),
)
