"""What happened in a ceremony: steps, each bound to the one before by its hash, on disk after every step.

The JSON file is for `ceremony verify`, the text beside it for reading aloud and signing on paper.  Both are written
durably after each step, so a ceremony that was interrupted goes on where it stood.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hpki.errors import HpkiError
from hpki.keys.key_file import write_durably
from hpki_server.authority.ceremony.stopped import CeremonyStopped

FORMAT: Final = "openhpki-ceremony-transcript/1"
FIRST_PREVIOUS: Final = "0" * 64
CLOSED: Final = "closed"

Fact = str | int | None | list[str]


def canonical(value: object) -> bytes:
    """JSON with keys in order of code points and no spaces, UTF-8: one value has one form."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True)
class Step:
    """One thing that was done, when, and the facts that it left."""

    number: int
    name: str
    at: str
    facts: Mapping[str, Fact]
    previous: str

    def hash(self) -> str:
        """SHA-256 over the canonical form, which holds the hash of the step before."""
        return hashlib.sha256(canonical(self._fields())).hexdigest()

    def as_json(self) -> dict[str, object]:
        return {**self._fields(), "hash": self.hash()}

    def _fields(self) -> dict[str, object]:
        return {
            "number": self.number,
            "name": self.name,
            "at": self.at,
            "facts": dict(self.facts),
            "previous": self.previous,
        }

    def text(self, name: str) -> str:
        """A fact that is text.  Raises TranscriptRejected when the step has no such fact."""
        value = self.facts.get(name)
        if not isinstance(value, str):
            raise TranscriptRejected([f"step {self.number} ({self.name}) has no {name}"])
        return value

    def number_of(self, name: str) -> int:
        """A fact that is a whole number.  Raises TranscriptRejected when the step has no such fact."""
        value = self.facts.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise TranscriptRejected([f"step {self.number} ({self.name}) has no {name}"])
        return value


class TranscriptRejected(HpkiError):
    """A transcript is not what was written; every place is named."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Transcript:
    """The steps so far, in their order."""

    steps: tuple[Step, ...]

    @property
    def head(self) -> str:
        """Hash of the last step: it stands for all of them."""
        return self.steps[-1].hash() if self.steps else FIRST_PREVIOUS

    @property
    def is_closed(self) -> bool:
        return bool(self.steps) and self.steps[-1].name == CLOSED

    def find(self, name: str) -> Step | None:
        """The first step of that name."""
        return next((step for step in self.steps if step.name == name), None)

    def all_of(self, name: str) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.name == name)

    def with_step(self, name: str, facts: Mapping[str, Fact], at: dt.datetime) -> "Transcript":
        moment = at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return Transcript((*self.steps, Step(len(self.steps) + 1, name, moment, facts, self.head)))

    def as_json(self) -> bytes:
        return canonical({"format": FORMAT, "steps": [step.as_json() for step in self.steps]}) + b"\n"


def read_transcript(content: bytes) -> Transcript:
    """The transcript in a file, its chain of hashes recomputed.

    Raises TranscriptRejected naming every step that was changed, removed or moved.
    """
    try:
        stored = json.loads(content)
        rows = [dict(row) for row in stored["steps"]] if stored["format"] == FORMAT else []
    except (ValueError, KeyError, TypeError):
        raise TranscriptRejected(["this file is no ceremony transcript"]) from None
    steps: list[Step] = []
    problems: list[str] = []
    number, previous = 0, FIRST_PREVIOUS
    for place, row in enumerate(rows, start=1):
        step, claimed_hash = _read_step(row, place)
        problems += _chain_problems(step, claimed_hash, number, previous)
        steps.append(step)
        number, previous = step.number, claimed_hash
    transcript = Transcript(tuple(steps))
    if not problems and transcript.as_json() != content:
        problems.append("the file holds more than the steps, or in another form")
    if problems:
        raise TranscriptRejected(problems)
    return transcript


def _read_step(row: Mapping[str, object], place: int) -> tuple[Step, str]:
    match row:
        case {
            "number": int(number),
            "name": str(name),
            "at": str(at),
            "facts": dict(facts),
            "previous": str(previous),
            "hash": str(claimed),
            **rest,
        } if not rest:
            return Step(number, name, at, facts, previous), claimed
    raise TranscriptRejected([f"step {place} is not written as a step"])


def _chain_problems(step: Step, claimed_hash: str, number_before: int, previous: str) -> list[str]:
    problems = []
    if step.number != number_before + 1:
        problems.append(
            f"step {step.number} ({step.name}) stands after step {number_before}: a step was removed, added or moved"
        )
    elif step.previous != previous:
        problems.append(f"step {step.number} ({step.name}) does not follow the step before it")
    if step.hash() != claimed_hash:
        problems.append(f"step {step.number} ({step.name}) was changed: its hash does not fit")
    return problems


class Journal:
    """A transcript that grows on disk; `folder` belongs to this ceremony alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = folder / "transcript.json"
        try:
            self.transcript = read_transcript(self._path.read_bytes())
        except FileNotFoundError:
            self.transcript = Transcript(())
        except TranscriptRejected as error:
            raise CeremonyStopped(
                f"{self._path} was changed since it was written; keep it, find out by whom, and do not go on:\n{error}"
            ) from error

    def record(self, name: str, facts: Mapping[str, Fact], at: dt.datetime) -> Step:
        """Add a step; it is on disk when this returns."""
        transcript = self.transcript.with_step(name, facts, at)
        write_durably(self._path, transcript.as_json(), replace=True)
        self.transcript = transcript
        return transcript.steps[-1]
