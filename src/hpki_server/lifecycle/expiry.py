"""When a card really ends, and why: the earliest of card, certificate, every issuer up to the root, and algorithm.  Pure."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hpki.issuance.algorithms import JAPAN, sunsets
from hpki.keys.algorithms import KeyAlgorithm


class Limit(StrEnum):
    """What ends first.  Where two end on one day, the one that stands first here is named; but first of all the sunset.

    A card is ordered to end no later than its algorithms, so a card's last day that is a sunset's follows from it.
    """

    CARD = "card"
    CERTIFICATE = "certificate"
    ISSUER = "issuer"
    SUPERIOR = "superior"
    ALGORITHM = "algorithm"

    @property
    def label(self) -> Promise:
        return _LIMITS[self]


_LIMITS: Final[Mapping[Limit, Promise]] = {
    Limit.CARD: _("カードの有効期限"),
    Limit.CERTIFICATE: _("カードの中の電子証明書の有効期限"),
    Limit.ISSUER: _("証明書を発行した認証局の有効期限"),
    Limit.SUPERIOR: _("上位の認証局（ルート認証局まで）の有効期限"),
    Limit.ALGORITHM: _("暗号方式を使える期限"),
}


@dataclass(frozen=True)
class CertificateTerms:
    """One certificate on the card, its issuer's end, the earliest end above, and the algorithms of all their keys."""

    not_after: dt.datetime
    issuer_not_after: dt.datetime
    algorithms: frozenset[KeyAlgorithm]
    # Of the authorities above the issuer, up to the root as far as it is registered here; None: there is none.
    superior_not_after: dt.datetime | None = None


@dataclass(frozen=True)
class CardTerms:
    """What limits one card.  A card issued elsewhere has no certificates with us."""

    expires_on: dt.date
    certificates: tuple[CertificateTerms, ...] = ()

    @property
    def algorithms(self) -> frozenset[KeyAlgorithm]:
        return frozenset[KeyAlgorithm]().union(*(one.algorithms for one in self.certificates))


@dataclass(frozen=True)
class EffectiveExpiry:
    """The last day on which all of the card works, in Japan's calendar."""

    on: dt.date
    limit: Limit
    algorithm: KeyAlgorithm | None = None

    @property
    def why(self) -> str:
        return (
            f"{self.limit.label}（{self.algorithm.value.upper()}）"
            if self.algorithm
            else str(self.limit.label)
        )


SunsetDays = Mapping[KeyAlgorithm, dt.date]


def last_day(moment: dt.datetime) -> dt.date:
    """The day in Japan on which a validity ends."""
    return moment.astimezone(JAPAN).date()


def natural_end(terms: CardTerms) -> EffectiveExpiry:
    """The end that the papers themselves say: card, certificates, issuers up to the root."""
    ends = [EffectiveExpiry(terms.expires_on, Limit.CARD)]
    for one in terms.certificates:
        ends.append(EffectiveExpiry(last_day(one.not_after), Limit.CERTIFICATE))
        ends.append(EffectiveExpiry(last_day(one.issuer_not_after), Limit.ISSUER))
        if one.superior_not_after is not None:
            ends.append(EffectiveExpiry(last_day(one.superior_not_after), Limit.SUPERIOR))
    return min(ends, key=_order)


def effective_expiry(terms: CardTerms, sunset_days: SunsetDays) -> EffectiveExpiry:
    """The earliest of all."""
    return with_sunsets(natural_end(terms), terms.algorithms, sunset_days)


def with_sunsets(
    natural: EffectiveExpiry, algorithms: Iterable[KeyAlgorithm], sunset_days: SunsetDays
) -> EffectiveExpiry:
    """`natural`, or the sunset of one of the card's algorithms where that comes first."""
    ends = [
        EffectiveExpiry(sunset_days[one], Limit.ALGORITHM, one)
        for one in sorted(algorithms)
        if one in sunset_days
    ]
    return min([natural, *ends], key=_order)


def known_sunsets(announced: Iterable[tuple[KeyAlgorithm, dt.date]] = ()) -> dict[KeyAlgorithm, dt.date]:
    """The dated table of hpki.issuance.algorithms, and what the centre announced where that is earlier."""
    days = {row.algorithm: row.last_day for row in sunsets().values() if row.last_day is not None}
    for algorithm, day in announced:
        days[algorithm] = min(day, days.get(algorithm, day))
    return days


def _order(end: EffectiveExpiry) -> tuple[dt.date, int]:
    return end.on, -1 if end.limit is Limit.ALGORITHM else list(Limit).index(end.limit)
