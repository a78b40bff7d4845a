"""May a batch, a blank card or a time of shortage do this?  Facts in, denials out; no table, no clock."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from hpki_server.people.denial import Denial

# One box of blanks; more is a typing error.
MOST_BLANKS: Final = 20_000
MOST_CARDS: Final = 500
MOST_SHORTAGE: Final = dt.timedelta(days=366)
_SERIAL = re.compile(r"([0-9A-Z-]*?)([0-9]{1,12})")


class ScrapReason(StrEnum):
    """Why a piece of plastic will never be handed over."""

    CHIP_DEFECT = "chip-defect"
    PRINT_DEFECT = "print-defect"
    DAMAGED = "damaged"
    WRONG_CONTENT = "wrong-content"
    LOST_IN_HOUSE = "lost-in-house"


class MoveReason(StrEnum):
    """Why an ordered card is taken out of a batch."""

    NOT_NOW = "not-now"
    ORDER_QUESTIONED = "order-questioned"
    MACHINE = "machine"


# --- blanks ---------------------------------------------------------------------------------------------------

SERIALS_UNFIT: Final = Denial(
    "serials_unfit",
    _("チップの製造番号の範囲が正しくありません。納品書の最初と最後の番号を、同じ桁数で入力してください。"),
)
SERIALS_KNOWN: Final = Denial("serials_known", _("この範囲には、すでに入庫した製造番号が含まれています。"))
DELIVERY_KNOWN: Final = Denial("delivery_known", _("この納品書は、すでに入庫しています。"))
STOCK_EMPTY: Final = Denial(
    "stock_empty", _("白カードの在庫がありません。入庫するか、カード不足時の発行に切り替えてください。")
)
BLANK_NOT_IN_STOCK: Final = Denial("blank_not_in_stock", _("在庫にない製造番号が含まれています。"))
NOTHING_TO_DESTROY: Final = Denial("nothing_to_destroy", _("破砕を待っているカードはありません。"))
DESTRUCTION_CHANGED: Final = Denial(
    "destruction_changed", _("申し出のあとで枚数が変わりました。取り下げて、もう一度申し出てください。")
)


def serials_between(first: str, last: str) -> list[str] | None:
    """Every chip serial of a delivery, both ends included; None when the two make no range.

    A serial is a fixed part and a running decimal number of fixed length, as on the box.
    """
    begin, end = _SERIAL.fullmatch(first), _SERIAL.fullmatch(last)
    if begin is None or end is None or len(first) != len(last) or len(first) > 32:
        return None
    # The running number may have taken digits of the fixed part into its own beginning.
    width = len(begin[2])
    if begin[1] != end[1] or width != len(end[2]):
        return None
    low, high = int(begin[2]), int(end[2])
    if not 0 <= high - low < MOST_BLANKS:
        return None
    return [f"{begin[1]}{number:0{width}d}" for number in range(low, high + 1)]


# --- planning a batch -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PlanFacts:
    """How many cards are to be made, and what lies in stock."""

    cards: int
    # Of those: already begun on a blank of their own.
    with_blank: int
    in_stock: int
    # Blanks that other open batches will take.
    promised: int

    @property
    def free(self) -> int:
        return max(0, self.in_stock - self.promised)


PlanRule = Callable[[PlanFacts], Denial | None]


def nothing_chosen(facts: PlanFacts) -> Denial | None:
    if facts.cards:
        return None
    return Denial("nothing_chosen", _("この条件に合う、製造を待つカードはありません。"))


def too_many(facts: PlanFacts) -> Denial | None:
    if facts.cards <= MOST_CARDS:
        return None
    return Denial("batch_too_large", _("1 回のバッチは 500 枚までです。"))


def stock_too_low(facts: PlanFacts) -> Denial | None:
    needed = facts.cards - facts.with_blank
    if needed <= facts.free:
        return None
    sentence = _(
        "白カードが足りません。必要 %(needed)s 枚に対して、使える在庫は %(free)s 枚です（在庫 %(in_stock)s 枚、"
        "ほかのバッチが使う予定 %(promised)s 枚）。枚数を減らすか、入庫してください。"
    )
    numbers = {
        "needed": needed,
        "free": facts.free,
        "in_stock": facts.in_stock,
        "promised": facts.promised,
    }
    return Denial("stock_too_low", sentence % numbers)


PLAN_RULES: Final[tuple[PlanRule, ...]] = (nothing_chosen, too_many, stock_too_low)


def plan_denials(facts: PlanFacts) -> list[Denial]:
    return [denial for rule in PLAN_RULES if (denial := rule(facts))]


# --- a batch's life -------------------------------------------------------------------------------------------

# From which states a step may be taken.
BATCH_STEPS_FROM: Final = {
    "start": frozenset({"planned", "producing"}),
    "scrap": frozenset({"planned", "producing"}),
    "move-out": frozenset({"planned", "producing"}),
    "count": frozenset({"planned", "producing", "reconciled"}),
    "close": frozenset({"reconciled"}),
}
BATCH_MOVED_ON: Final = Denial(
    "batch_moved_on", _("このバッチは、ほかの操作によって状態が変わりました。最新の内容をご確認ください。")
)
ITEM_MOVED_ON: Final = Denial(
    "item_moved_on", _("このカードは、ほかの操作によって状態が変わりました。最新の内容をご確認ください。")
)


def batch_step_denials(step: str, state: str) -> list[Denial]:
    return [] if state in BATCH_STEPS_FROM[step] else [BATCH_MOVED_ON]


@dataclass(frozen=True)
class BatchNumbers:
    """What was ordered, and what became of it, by our records."""

    ordered: int
    waiting: int
    personalised: int
    scrapped: int
    moved_out: int

    @property
    def done(self) -> int:
        return self.personalised + self.scrapped + self.moved_out

    @property
    def balances(self) -> bool:
        """Ordered = personalised + scrapped + moved out, and nothing waits."""
        return self.waiting == 0 and self.ordered == self.done

    @property
    def percent(self) -> int:
        return 100 * self.done // self.ordered if self.ordered else 100


@dataclass(frozen=True)
class CountFacts:
    """An officer counted the plastic of a batch."""

    numbers: BatchNumbers
    good: int
    scrapped: int
    # Cards whose certificates, blank or state are not what the batch says of them.
    differing: int


CountRule = Callable[[CountFacts], Denial | None]


def cards_still_waiting(facts: CountFacts) -> Denial | None:
    if facts.numbers.waiting == 0:
        return None
    return Denial(
        "cards_waiting",
        _("まだ %(count)s 枚が製造待ちです。製造を終えるか、理由を付けてバッチから除外してください。")
        % {"count": facts.numbers.waiting},
    )


def does_not_balance(facts: CountFacts) -> Denial | None:
    if facts.numbers.waiting or facts.numbers.balances:
        return None
    return Denial("does_not_balance", _("発注した枚数と、製造・廃棄・除外の合計が一致しません。"))


def records_differ(facts: CountFacts) -> Denial | None:
    if not facts.differing:
        return None
    return Denial(
        "records_differ",
        _("証明書または白カードの記録と一致しないカードが %(count)s 枚あります。一覧で確認してください。")
        % {"count": facts.differing},
    )


def counted_otherwise(facts: CountFacts) -> Denial | None:
    numbers = facts.numbers
    if (facts.good, facts.scrapped) == (numbers.personalised, numbers.scrapped):
        return None
    return Denial(
        "counted_otherwise",
        _("数えた枚数が記録と違います。記録では、できあがり %(good)s 枚、廃棄 %(scrapped)s 枚です。")
        % {"good": numbers.personalised, "scrapped": numbers.scrapped},
    )


COUNT_RULES: Final[tuple[CountRule, ...]] = (
    cards_still_waiting,
    does_not_balance,
    records_differ,
    counted_otherwise,
)


def count_denials(facts: CountFacts) -> list[Denial]:
    return [denial for rule in COUNT_RULES if (denial := rule(facts))]


def closing_denials(*, counted_by: UUID | None, by: UUID) -> list[Denial]:
    """Whoever counted does not close."""
    if counted_by is not None and counted_by != by:
        return []
    return [
        Denial("same_officer", _("枚数を数えた担当者は、完了にできません。別の担当者が確認してください。"))
    ]


# --- a made card, held against its records ----------------------------------------------------------------------


@dataclass(frozen=True)
class ItemFacts:
    """One card of a batch, as item, card, certificates and blank say."""

    item_state: str
    card_state: str
    # Profiles of certificates that were signed, and of those that are not revoked.
    signed: tuple[str, ...]
    unrevoked: tuple[str, ...]
    blank_state: str


def item_differs(facts: ItemFacts, *, wanted: frozenset[str], stock_is_kept: bool) -> bool:
    """Whether the records contradict the item.

    A personalised card has one set of certificates, each once, and its blank is used up; a scrapped one has none
    that lives, and its blank is scrapped or destroyed.
    """
    if facts.item_state == "personalised":
        if sorted(facts.signed) != sorted(wanted) or facts.card_state in {"ordered", "personalising"}:
            return True
        return stock_is_kept and facts.blank_state in {"", "in-stock", "returned"}
    if facts.item_state == "scrapped":
        return (
            facts.card_state != "scrapped"
            or bool(facts.unrevoked)
            or facts.blank_state in {"in-stock", "used"}
        )
    return False


# --- a time of shortage -----------------------------------------------------------------------------------------

SHORTAGE_RUNS: Final = Denial("shortage_runs", _("カード不足時の発行は、すでに始まっています。"))
NO_SHORTAGE: Final = Denial("no_shortage", _("カード不足時の発行は、行われていません。"))


def shortage_denials(*, until_on: dt.date, today: dt.date, runs: bool) -> list[Denial]:
    if runs:
        return [SHORTAGE_RUNS]
    if today <= until_on <= today + MOST_SHORTAGE:
        return []
    return [Denial("until_unfit", _("終了日は、今日から 1 年以内の日付にしてください。"))]
