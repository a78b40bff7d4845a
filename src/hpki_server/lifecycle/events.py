"""What can happen in the life of a card: a dated table (data/life-events.csv), read as frozen values.  Pure."""

import csv
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final

from cryptography.x509 import ReasonFlags
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment.rules.kinds import CaseKind


class LifeEvent(StrEnum):
    RENEWAL = "renewal"
    EXCHANGE = "exchange"
    LOSS = "loss"
    THEFT = "theft"
    DAMAGE = "damage"
    NAME_CHANGE = "name-change"
    MEMBERSHIP_BEGAN = "membership-began"
    MEMBERSHIP_ENDED = "membership-ended"
    STOP = "stop"
    DEATH = "death"
    DEATH_REGISTERED = "death-registered"
    LICENCE_REVOKED = "licence-revoked"
    LICENCE_SUSPENDED = "licence-suspended"
    PIN_FORGOTTEN = "pin-forgotten"
    EMERGENCY = "emergency"

    @property
    def label(self) -> Promise:
        return _EVENTS[self]


class Actor(StrEnum):
    """As whom somebody reports: the holder, the desk of the card's association, an officer who may revoke, …"""

    HOLDER = "holder"
    DESK = "desk"
    REVOKING = "revoking"
    HOLDING = "holding"
    REGISTRY = "registry"
    SYSTEM = "system"


class Action(StrEnum):
    """What happens to the certificates, and when."""

    AT_ONCE = "at-once"
    HOLD = "hold"
    ON_HAND_OVER = "on-hand-over"
    ON_LAPSE = "on-lapse"


class LifePaper(StrEnum):
    LOSS_REPORT = "loss-report"
    STOP_REPORT = "stop-report"
    DEATH_RECORD = "death-record"
    LICENCE_COPY = "licence-copy"
    RESIDENCE_RECORD = "residence-record"
    FAMILY_REGISTER = "family-register"
    ALIAS_PROOF = "alias-proof"

    @property
    def label(self) -> Promise:
        return _PAPERS[self]


class LetterKind(StrEnum):
    """What we write about; also the kind of a notice."""

    EXPIRY = "expiry"
    EXCHANGE = "exchange"
    LOSS_RECEIPT = "loss-receipt"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    EMERGENCY_PAPERS = "emergency-papers"
    CONDOLENCE = "condolence"
    STOP_CONFIRMED = "stop-confirmed"
    RESUMED = "resumed"

    @property
    def label(self) -> Promise:
        return _LETTERS[self]


_EVENTS: Final[Mapping[LifeEvent, Promise]] = MappingProxyType(
    {
        LifeEvent.RENEWAL: _("更新"),
        LifeEvent.EXCHANGE: _("暗号方式の期限による一斉交換"),
        LifeEvent.LOSS: _("紛失"),
        LifeEvent.THEFT: _("盗難"),
        LifeEvent.DAMAGE: _("破損・故障"),
        LifeEvent.NAME_CHANGE: _("氏名の変更"),
        LifeEvent.MEMBERSHIP_BEGAN: _("日医への入会"),
        LifeEvent.MEMBERSHIP_ENDED: _("日医からの退会"),
        LifeEvent.STOP: _("利用の中止"),
        LifeEvent.DEATH: _("死亡の届出"),
        LifeEvent.DEATH_REGISTERED: _("死亡（登録簿による）"),
        LifeEvent.LICENCE_REVOKED: _("免許の取消し"),
        LifeEvent.LICENCE_SUSPENDED: _("医業の停止"),
        LifeEvent.PIN_FORGOTTEN: _("暗証番号とロック解除番号の紛失"),
        LifeEvent.EMERGENCY: _("緊急発行"),
    }
)
_PAPERS: Final[Mapping[LifePaper, Promise]] = MappingProxyType(
    {
        LifePaper.LOSS_REPORT: _("紛失届"),
        LifePaper.STOP_REPORT: _("利用中止届"),
        LifePaper.DEATH_RECORD: _("死亡を確認できる書類"),
        LifePaper.LICENCE_COPY: _("医師免許証の写し"),
        LifePaper.RESIDENCE_RECORD: _("住民票の写し（原本）"),
        LifePaper.FAMILY_REGISTER: _("戸籍謄本または抄本"),
        LifePaper.ALIAS_PROOF: _("特別永住者証明書の写し"),
    }
)
_LETTERS: Final[Mapping[LetterKind, Promise]] = MappingProxyType(
    {
        LetterKind.EXPIRY: _("有効期限のお知らせ"),
        LetterKind.EXCHANGE: _("カード交換のお願い"),
        LetterKind.LOSS_RECEIPT: _("紛失の届出の受付"),
        LetterKind.REVOKED: _("電子証明書の失効のお知らせ"),
        LetterKind.SUSPENDED: _("電子証明書の一時停止のお知らせ"),
        LetterKind.EMERGENCY_PAPERS: _("緊急発行の書類のお願い"),
        LetterKind.CONDOLENCE: _("お悔やみとお手続きのご案内"),
        LetterKind.STOP_CONFIRMED: _("利用中止の完了のお知らせ"),
        LetterKind.RESUMED: _("電子証明書の利用再開のお知らせ"),
    }
)
# The three certificates of a card, by the profile in hpki.issuance.profiles.
PROFILES: Final = {"signing": "SIGNING", "authentication": "AUTHENTICATION", "presence": "PRESENCE"}


@dataclass(frozen=True)
class EventRule:
    """One row of the table: what an event asks for and what it does to the card."""

    event: LifeEvent
    from_day: dt.date
    until_day: dt.date | None
    who: frozenset[Actor]
    action: Action
    # CRLReason (RFC 5280 5.3.1) by certificate profile.
    reasons: Mapping[str, ReasonFlags]
    # The case stays open until these are here.  What an application asks for stands in the enrollment's checklist.
    papers: tuple[LifePaper, ...]
    paper_days: int | None
    # The application that brings the new card, and its fee; None: no new card.
    kind: CaseKind | None
    occasion: str
    letters: tuple[LetterKind, ...]
    source: str
    provenance: str

    @property
    def is_urgent(self) -> bool:
        """Somebody else may have the card: the lists go out at once."""
        return ReasonFlags.key_compromise in self.reasons.values()


@cache
def event_rules() -> tuple[EventRule, ...]:
    """The whole table, in its own order."""
    return tuple(_event_rule(row) for row in rows_of("life-events.csv"))


def event_rule(event: LifeEvent, *, on: dt.date) -> EventRule:
    """The row of a day.  Raises KeyError where the table is silent."""
    for row in event_rules():
        if row.event is event and row.from_day <= on and (row.until_day is None or on <= row.until_day):
            return row
    raise KeyError(f"no rule for {event} on {on.isoformat()}")


def term(name: str, *, on: dt.date) -> int:
    """A number of data/terms.csv as it stood on a day.  Raises KeyError."""
    rows = [row for row in rows_of("terms.csv") if row["term"] == name]
    past = [row for row in rows if dt.date.fromisoformat(row["from_day"]) <= on]
    if not past:
        raise KeyError(f"no {name} on {on.isoformat()}")
    return int(max(past, key=lambda row: row["from_day"])["value"])


@cache
def rows_of(file: str) -> tuple[dict[str, str], ...]:
    """One of this room's tables, by name."""
    text = resources.files("hpki_server.lifecycle").joinpath("data", file).read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def _event_rule(row: dict[str, str]) -> EventRule:
    return EventRule(
        event=LifeEvent(row["event"]),
        from_day=dt.date.fromisoformat(row["from_day"]),
        until_day=dt.date.fromisoformat(row["until_day"]) if row["until_day"] else None,
        who=frozenset(Actor(word) for word in row["who"].split()),
        action=Action(row["action"]),
        reasons=MappingProxyType({profile: ReasonFlags(row[column]) for column, profile in PROFILES.items()}),
        papers=tuple(LifePaper(word) for word in row["papers"].split()),
        paper_days=int(row["paper_days"]) if row["paper_days"] else None,
        kind=CaseKind(row["kind"]) if row["kind"] else None,
        occasion=row["occasion"],
        letters=tuple(LetterKind(word) for word in row["letters"].split()),
        source=row["source"],
        provenance=row["provenance"],
    )
