"""May the clock be believed?  Pure: samples and a source's word in, a doubt out.

Two clocks of one machine run alike: the wall clock can be set, the monotonic one cannot.  When they part, the wall clock
jumped.  A source (chrony) can say how far the wall clock is from true time; without one only jumps are seen.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

# EN 319 421 7.7.2: a unit stops when its clock is out of its accuracy, one second.  We stop at half of it.
BOUND = dt.timedelta(milliseconds=500)
# A source is asked again after so many seconds, and sooner while it does not vouch for the clock.
ASKED_EVERY = 16.0
ASKED_IN_DOUBT_EVERY = 1.0


@dataclass(frozen=True)
class ClockSample:
    """Both clocks read at one moment; `monotonic` in seconds."""

    wall: dt.datetime
    monotonic: float


@dataclass(frozen=True)
class SourceState:
    """What a source of time says of the wall clock: how far it may be off, or why nothing can be said."""

    bound: dt.timedelta | None
    detail: str


class TimeSource(Protocol):
    """Something that knows how far the wall clock is from true time."""

    def state(self, at: dt.datetime) -> SourceState: ...


class ClockWatch:
    """Watches the clock of this process from its start."""

    def __init__(self, start: ClockSample, source: TimeSource | None = None) -> None:
        self._start = start
        self._source = source
        self._asked: tuple[float, SourceState] | None = None

    def doubt(self, sample: ClockSample, latest: dt.datetime | None) -> str | None:
        """Why the time of `sample` cannot be vouched for, or None.  `latest` is the latest time ever recorded."""
        passed = dt.timedelta(seconds=sample.monotonic - self._start.monotonic)
        jump = sample.wall - self._start.wall - passed
        jumped = abs(jump) > BOUND
        if self._source is not None and (doubt := self._source_doubt(sample, asks_anew=jumped)):
            return doubt
        if jumped and self._source is None:
            return f"the clock jumped by {jump.total_seconds():.3f} s since this process began"
        if latest is not None and sample.wall < latest - BOUND:
            return (
                f"the clock is {(latest - sample.wall).total_seconds():.3f} s behind the latest recorded time"
            )
        if jumped:
            # The source vouches for the clock as it is after the jump.
            self._start = sample
        return None

    def _source_doubt(self, sample: ClockSample, *, asks_anew: bool) -> str | None:
        if self._source is None:
            return None
        if asks_anew or self._asked is None or sample.monotonic - self._asked[0] > self._patience():
            self._asked = (sample.monotonic, self._source.state(sample.wall))
        state = self._asked[1]
        if state.bound is None:
            return f"the source of time does not vouch for the clock: {state.detail}"
        if state.bound > BOUND:
            return f"the clock may be off by {state.bound.total_seconds():.3f} s: {state.detail}"
        return None

    def _patience(self) -> float:
        bound = self._asked[1].bound if self._asked is not None else None
        return ASKED_EVERY if bound is not None and bound <= BOUND else ASKED_IN_DOUBT_EVERY
