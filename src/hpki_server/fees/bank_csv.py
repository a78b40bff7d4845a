"""Reading what a bank lets its customers download: 入出金明細 as CSV, row by row, every refusal with its reason.

Columns are told by their headings, in any order and under the names that banks give them: the day, money in, money out
(or one amount and its direction), the balance afterwards, who sent it or the remark, and the account.
"""

import datetime as dt
import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hpki_server.people.csv_file import CellRow, Limits, read_cells
from hpki_server.people.denial import Denial, Denied
from hpki_server.people.typed_dates import NotADate, read_typed_date

LIMITS: Final = Limits(octets=4 * 1024 * 1024, rows=20_000)
MOST_YEN: Final = 2_000_000_000
_ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "day": ("勘定日", "取引日", "お取引日", "日付", "年月日", "入金日"),
    "money_in": ("入金金額", "お預り金額", "お預かり金額", "お預入れ金額", "預入金額", "入金額", "入金"),
    "money_out": ("出金金額", "お支払金額", "お支払い金額", "お引出し金額", "出金額", "出金"),
    "amount": ("取引金額", "金額"),
    "direction": ("入払区分", "入出金区分"),
    "balance": ("残高", "差引残高", "お預り残高", "取引後残高"),
    "sender": ("振込依頼人名", "振込依頼人", "依頼人名"),
    "remark": ("摘要", "摘要内容", "お取引内容", "取引内容"),
    "account": ("照会口座", "口座番号"),
}
_YEN_SIGNS: Final = ("", "(円)", "（円）")
_INCOMING: Final = frozenset({"1", "入金", "入"})
_OUTGOING: Final = frozenset({"2", "出金", "出", "払"})
_AMOUNT: Final = re.compile(r"[¥\\]?(\d{1,3}(?:,\d{3})+|\d+)円?")
_REIWA_SIX: Final = re.compile(r"\d{6}")

NO_IDENTITY: Final = Denial(
    "no_row_identity",
    _(
        "残高の列がないため、同じ入金を二度数えないことを確かめられません。残高のある入出金明細をダウンロードしてください。"
    ),
)
NO_ROWS: Final = Denial("no_rows", _("明細の行がありません。期間をお確かめください。"))
NO_PAYER: Final = Denial("no_payer_column", _("振込依頼人名か摘要の列がありません。"))
REASONS: Final[dict[str, Promise]] = {
    "columns": _("列の数が見出しと違うか、読めない文字を含みます。"),
    "day": _("日付を読み取れません。"),
    "future": _("日付が先の日です。"),
    "amount": _("金額を読み取れません。"),
    "balance": _("残高を読み取れません。"),
}


@dataclass(frozen=True)
class BankDeposit:
    """Money in, as the bank tells it."""

    line: int
    received_on: dt.date
    amount: int
    payer_text: str
    identity: str
    """The same for the same movement of money, in whatever file it stands; different for two movements.

    Account, day, amount and the balance afterwards make it.  The payer's name does not: one bank's two downloads
    write it differently.
    """


@dataclass(frozen=True)
class OtherRow:
    """A row that brings no money; `reasons` are codes of REASONS where it could not be read."""

    line: int
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class BankStatement:
    account_number: str
    """Digits, or "" where the file does not say."""
    rows: tuple[BankDeposit | OtherRow, ...]


def read_statement(stream: BinaryIO, *, accounts: tuple[str, ...], today: dt.date) -> BankStatement:
    """The whole file, bounded; the rows of one of `accounts`, the first where the file names none.

    Raises `Denied` as `people.csv_file` does, and `no_rows`, `no_row_identity`, `no_payer_column`, `other_account`.
    """
    required = [_names("day"), _names("money_in") + _names("amount")]
    cell_rows = list(read_cells(stream, required=required, limits=LIMITS))
    columns = _columns(next((row.cells for row in cell_rows if row.cells), {}))
    if not cell_rows:
        raise Denied([NO_ROWS])
    if columns:
        _check(columns)
    account = _account(cell_rows, columns, accounts)
    seen: dict[str, int] = {}
    return BankStatement(account, tuple(_row(row, columns, account, seen, today) for row in cell_rows))


def _names(meaning: str) -> tuple[str, ...]:
    return tuple(name + sign for name in _ALIASES[meaning] for sign in _YEN_SIGNS)


def _columns(cells: Mapping[str, str]) -> dict[str, str]:
    """Which heading carries which meaning; the first of the known names wins."""
    return {
        meaning: next(name for name in _names(meaning) if name in cells)
        for meaning in _ALIASES
        if any(name in cells for name in _names(meaning))
    }


def _check(columns: Mapping[str, str]) -> None:
    found = []
    if "balance" not in columns:
        found.append(NO_IDENTITY)
    if "sender" not in columns and "remark" not in columns:
        found.append(NO_PAYER)
    if found:
        raise Denied(found)


def _account(rows: list[CellRow], columns: Mapping[str, str], accounts: tuple[str, ...]) -> str:
    named = {_digits(row.cells[columns["account"]]) for row in rows if "account" in columns and row.cells}
    named.discard("")
    if not named:
        return accounts[0]
    for account in accounts:
        if all(digits.endswith(account.zfill(7)) for digits in named):
            return account
    raise Denied(
        [Denial("other_account", _("請求書に載せている口座の明細ではありません。口座をお確かめください。"))]
    )


def _row(
    row: CellRow, columns: Mapping[str, str], account: str, seen: dict[str, int], today: dt.date
) -> BankDeposit | OtherRow:
    if not row.cells:
        return OtherRow(row.line, ("columns",))
    cell = {meaning: row.cells[name] for meaning, name in columns.items()}
    amount = _incoming(cell)
    if amount == 0:
        return OtherRow(row.line)
    day, balance = _day(cell["day"]), _balance(cell["balance"])
    reasons = []
    if day is None:
        reasons.append("day")
    elif day > today:
        reasons.append("future")
    if amount is None:
        reasons.append("amount")
    if balance is None:
        reasons.append("balance")
    if reasons or day is None or amount is None or balance is None:
        return OtherRow(row.line, tuple(reasons))
    payer = " ".join(filter(None, (cell.get("sender", ""), cell.get("remark", ""))))
    facts = f"{account}|{day.isoformat()}|{amount}|{balance}"
    # Equal in the balance too: as much went out in between.  Such rows of one day are told apart by their order.
    seen[facts] = seen.get(facts, 0) + 1
    identity = hashlib.sha256(f"{facts}|{seen[facts]}".encode()).hexdigest()
    return BankDeposit(row.line, day, amount, payer[:200], identity)


def _incoming(cell: Mapping[str, str]) -> int | None:
    """Yen that came in; 0 for a row that brings none, None for one that cannot be read."""
    if "money_in" in cell:
        if cell["money_in"] in {"", "-", "0"}:
            return 0
        return _yen(cell["money_in"])
    direction = unicodedata.normalize("NFKC", cell.get("direction", "")).strip()
    if direction in _OUTGOING:
        return 0
    return _yen(cell["amount"]) if direction in _INCOMING else None


def _balance(text: str) -> int | None:
    typed = unicodedata.normalize("NFKC", text).strip()
    yen = _yen(typed.lstrip("-"))
    return -yen if yen is not None and typed.startswith("-") else yen


def _yen(text: str) -> int | None:
    found = _AMOUNT.fullmatch(unicodedata.normalize("NFKC", text).replace(" ", ""))
    if found is None:
        return None
    yen = int(found[1].replace(",", ""))
    return yen if yen <= MOST_YEN else None


def _day(text: str) -> dt.date | None:
    typed = unicodedata.normalize("NFKC", text).strip()
    try:
        if _REIWA_SIX.fullmatch(typed):
            # 全銀協規定形式 writes the year of the era: 081104 is 令和8年11月4日.
            return read_typed_date(f"R{typed[:2]}.{typed[2:4]}.{typed[4:]}")
        return read_typed_date(typed)
    except NotADate:
        return None


def _digits(text: str) -> str:
    return re.sub(r"\D", "", unicodedata.normalize("NFKC", text))
