"""The values behind the pages' reusable pieces; the template tags of `pieces` draw them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise

Words = str | Promise


class Tone(StrEnum):
    """What a colour means; a word always stands with it."""

    KEY = "key"
    OK = "ok"
    WARN = "warn"
    BAD = "bad"
    QUIET = "quiet"


@dataclass(frozen=True)
class Chip:
    word: Words
    tone: Tone = Tone.QUIET


class Progress(StrEnum):
    DONE = "done"
    NOW = "now"
    TO_COME = "to-come"


@dataclass(frozen=True)
class Step:
    """One step of a case: what, when and who; for a step to come an honest expectation in `note`."""

    title: Words
    progress: Progress
    at: dt.datetime | None = None
    note: Words = ""


@dataclass(frozen=True)
class Fact:
    """A name and its value; a `day` is drawn as a date with both years."""

    name: Words
    value: Words = ""
    chip: Chip | None = None
    day: dt.date | None = None


Facts = Sequence[Fact]
Steps = Sequence[Step]
