"""How long an algorithm may carry a certificate, and the validity that follows from it."""

import csv
import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Final

from cryptography import x509

from hpki.errors import ProfileViolation
from hpki.issuance.finding import Finding
from hpki.issuance.profiles import Life, Profile, ProfileKind
from hpki.keys.algorithms import KeyAlgorithm

# Samples: validity begins and ends at midnight of Japan (220206150000Z to 270207145959Z).
# A fixed offset: Japan keeps no summer time, and no zone database is needed.
JAPAN: Final = dt.timezone(dt.timedelta(hours=9), "JST")
_SECOND: Final = dt.timedelta(seconds=1)


@dataclass(frozen=True)
class Sunset:
    """The last day of one algorithm; None when no end is known."""

    algorithm: KeyAlgorithm
    last_day: dt.date | None
    source: str
    provenance: str

    def ends_at(self) -> dt.datetime | None:
        """The last second of that day in Japan."""
        return None if self.last_day is None else _midnight(self.last_day + dt.timedelta(days=1)) - _SECOND


@cache
def sunsets() -> Mapping[KeyAlgorithm, Sunset]:
    """The dated table (data/algorithm-sunsets.csv)."""
    text = (
        resources.files("hpki.issuance").joinpath("data", "algorithm-sunsets.csv").read_text(encoding="utf-8")
    )
    rows = [
        Sunset(
            algorithm=KeyAlgorithm(row["algorithm"]),
            last_day=dt.date.fromisoformat(row["last_day"]) if row["last_day"] else None,
            source=row["source"],
            provenance=row["provenance"],
        )
        for row in csv.DictReader(text.splitlines())
    ]
    return MappingProxyType({row.algorithm: row for row in rows})


@lru_cache(maxsize=64)
def earliest_sunset(*algorithms: KeyAlgorithm) -> dt.datetime | None:
    """The earliest end among `algorithms`; None when none of them has one."""
    return min((end for algorithm in algorithms if (end := sunsets()[algorithm].ends_at())), default=None)


@lru_cache(maxsize=64)
def life_ends_at(life: Life, not_before: dt.datetime) -> dt.datetime:
    """The last second of a life that begins at `not_before`: the anniversary in Japan's calendar, less one second.

    A life that begins on 29 February ends where 28 February ends.
    """
    begins = not_before.astimezone(JAPAN)
    year = begins.year + life.years
    try:
        anniversary = begins.replace(year=year)
    except ValueError:
        anniversary = begins.replace(year=year, month=3, day=1)
    return (anniversary + dt.timedelta(days=life.days) - _SECOND).astimezone(dt.UTC)


def latest_not_after(
    profile: Profile,
    issuer_certificate: x509.Certificate | None,
    algorithms: Iterable[KeyAlgorithm],
    at: dt.datetime,
) -> dt.datetime:
    """The latest moment a certificate that begins at `at` may end: profile, issuer and, for end entities, sunsets.

    `algorithms` are the subject key's and the signing key's; `issuer_certificate` is None for a root.
    """
    limits = [life_ends_at(profile.longest_life, at)]
    if issuer_certificate is not None:
        limits.append(issuer_certificate.not_valid_after_utc)
    sunset = earliest_sunset(*algorithms) if profile.kind is ProfileKind.END_ENTITY else None
    if sunset is not None:
        limits.append(sunset)
    return min(limits)


def validity(
    profile: Profile,
    issuer_certificate: x509.Certificate | None,
    algorithms: Iterable[KeyAlgorithm],
    at: dt.datetime,
) -> tuple[dt.datetime, dt.datetime]:
    """(not_before, not_after) as in service: from midnight of Japan before `at` to a 23:59:59 of Japan.

    Never before the issuer's own beginning.  A life counted in days (responders) begins at `at` itself.
    Raises ProfileViolation when nothing is left of the life: the issuer or an algorithm has ended.
    """
    begins = (
        _midnight(at.astimezone(JAPAN).date()) if profile.longest_life.years else at.replace(microsecond=0)
    )
    if issuer_certificate is not None:
        begins = max(begins, issuer_certificate.not_valid_before_utc)
    latest = latest_not_after(profile, issuer_certificate, algorithms, begins).astimezone(JAPAN)
    ends = _midnight((latest + _SECOND).date()) - _SECOND if profile.longest_life.years else latest
    if ends <= at:
        finding = Finding(
            "no_life_left",
            f"a certificate of {at.isoformat()} would have to end by {ends.isoformat()}",
            "the issuer's validity and data/algorithm-sunsets.csv",
        )
        raise ProfileViolation([finding])
    return begins.astimezone(dt.UTC), ends.astimezone(dt.UTC)


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), tzinfo=JAPAN).astimezone(dt.UTC)
