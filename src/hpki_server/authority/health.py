"""Is everything fresh?  What a monitor asks before relying parties notice."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Final

from django.conf import settings

from hpki_server.authority.models import Certificate, IssuedCrl, Issuer
from hpki_server.authority.ports import facts_of
from hpki_server.authority.services.publishing import Target, standing, targets
from hpki_server.people.audit_heads_check import growth_findings
from hpki_server.people.head_models import PublishedHead
from hpki_server.people.models import AuditHead

# A list is valid for 96 hours and comes every day: at 48 hours left one was missed, at 24 two or three.
WARN_LEFT: Final = dt.timedelta(hours=48)
ALARM_LEFT: Final = dt.timedelta(hours=24)
# An authority is renewed in months, not in days.
WARN_ISSUER_LEFT: Final = dt.timedelta(days=180)
# Whoever issues now has open records for a moment; so old they were left by a power cut.
OPEN_AFTER: Final = dt.timedelta(minutes=15)
# Even of an unchanged chain a head goes out once a day; without one, its publication is refused or nothing runs.
WARN_HEAD_AGE: Final = dt.timedelta(hours=26)
# Touched by every turn of the recurring work; a turn comes every few seconds and seldom takes more than a minute or two.
TURN_FILE: Final = "jobs.turn"
WARN_STILL: Final = dt.timedelta(minutes=10)
ALARM_STILL: Final = dt.timedelta(minutes=60)
_SKEW: Final = dt.timedelta(minutes=5)


class Level(IntEnum):
    """Also the exit code of `hpki-server health`."""

    GOOD = 0
    WARNING = 1
    ERROR = 2


@dataclass(frozen=True)
class Point:
    """One thing that was looked at: what, how it is, and the facts."""

    name: str
    level: Level
    sentence: str
    facts: Mapping[str, str | int | None] = field(default_factory=dict)


def points(*, at: dt.datetime) -> Iterator[Point]:
    """Every issuer's lists, whether the recurring work goes on, what is left open, and the audit chain's head."""
    yield _recurring(at=at)
    for issuer in Issuer.objects.order_by("slug"):
        yield _issuer(issuer, at=at)
        for target in targets(issuer):
            yield _list(issuer, target, at=at)
    yield _open_certificates(at=at)
    yield _open_numbers(at=at)
    yield _audit(at=at)


def worst(found: list[Point]) -> Level:
    return max((point.level for point in found), default=Level.GOOD)


def level_of_list(left: dt.timedelta) -> Level:
    """By the time until nextUpdate."""
    if left < ALARM_LEFT:
        return Level.ERROR
    return Level.WARNING if left < WARN_LEFT else Level.GOOD


def _list(issuer: Issuer, target: Target, *, at: dt.datetime) -> Point:
    name = f"crl {issuer.slug} {target.scope}{f' {target.shard}' if target.shard else ''}"
    row = standing(issuer, target)
    if row is None:
        return Point(name, Level.ERROR, "there is no list")
    left = row.next_update - at
    facts: dict[str, str | int | None] = {
        "number": row.number,
        "this_update": row.this_update.isoformat(),
        "next_update": row.next_update.isoformat(),
        "hours_left": int(left.total_seconds() // 3600),
        "entries": row.entries,
    }
    if row.this_update > at + _SKEW:
        return Point(name, Level.ERROR, "it begins in the future: the clock was set back", facts)
    if left <= dt.timedelta(0):
        return Point(name, Level.ERROR, f"it ended {_hours(-left)} ago", facts)
    return Point(name, level_of_list(left), f"number {row.number}, {_hours(left)} left", facts)


def _issuer(issuer: Issuer, *, at: dt.datetime) -> Point:

    ends = facts_of(issuer).certificate.not_valid_after_utc
    facts: dict[str, str | int | None] = {"state": issuer.state, "not_after": ends.isoformat()}
    name = f"issuer {issuer.slug}"
    if issuer.revoked_at is not None:
        return Point(name, Level.WARNING, "it is revoked", facts)
    if ends <= at:
        return Point(name, Level.ERROR, "its certificate has expired", facts)
    if ends - at < WARN_ISSUER_LEFT:
        return Point(name, Level.WARNING, f"its certificate ends in {(ends - at).days} days", facts)
    return Point(name, Level.GOOD, f"{issuer.state}, until {ends:%Y-%m-%d}", facts)


def _recurring(*, at: dt.datetime) -> Point:
    name = "recurring work"
    try:
        touched = (Path(settings.VAR) / TURN_FILE).stat().st_mtime
    except FileNotFoundError:
        return Point(name, Level.WARNING, "it has not run yet: `hpki-server jobs`")
    still = at - dt.datetime.fromtimestamp(touched, dt.UTC)
    facts: dict[str, str | int | None] = {"seconds_since": int(still.total_seconds())}
    if still < WARN_STILL:
        return Point(name, Level.GOOD, "it runs", facts)
    level = Level.ERROR if still >= ALARM_STILL else Level.WARNING
    return Point(name, level, f"it has stood still for {int(still.total_seconds() // 60)} minutes", facts)


def _open_certificates(*, at: dt.datetime) -> Point:
    left = Certificate.objects.filter(
        state=Certificate.State.INTENDED, intended_at__lt=at - OPEN_AFTER
    ).count()
    return _open("open certificates", left, "hpki-server authority close-open")


def _open_numbers(*, at: dt.datetime) -> Point:
    reserved = IssuedCrl.objects.filter(state=IssuedCrl.State.RESERVED)
    return _open(
        "open list numbers",
        reserved.filter(this_update__lt=at - OPEN_AFTER).count(),
        "hpki-server authority publish",
    )


def _open(name: str, left: int, mends: str) -> Point:
    if left:
        return Point(name, Level.WARNING, f"{left} were left open; `{mends}` ends them", {"count": left})
    return Point(name, Level.GOOD, "none", {"count": 0})


def _audit(*, at: dt.datetime) -> Point:
    head = AuditHead.objects.filter(id=1).first()
    if head is None:
        return Point("audit", Level.GOOD, "no line yet", {"size": 0, "root_hash": None})
    facts: dict[str, str | int | None] = {"size": head.size, "root_hash": head.root_hash}
    # Also what the next publication of the head would be refused for.
    if (wrong := next(growth_findings(), None)) is not None:
        return Point("audit", Level.ERROR, f"{wrong.sentence}; `hpki-server audit verify` tells all", facts)
    latest = PublishedHead.objects.order_by("-id").first()
    if latest is not None and at - latest.at > WARN_HEAD_AGE:
        return Point("audit", Level.WARNING, f"no head was published for {_hours(at - latest.at)}", facts)
    return Point("audit", Level.GOOD, f"{head.size} lines, {head.root_hash}", facts)


def _hours(span: dt.timedelta) -> str:
    return f"{int(span.total_seconds() // 3600)} h"
