"""Sources of time: `chronyc -c tracking`, asked for or read from a file that something else writes."""

import datetime as dt
import subprocess
from dataclasses import dataclass
from pathlib import Path

from hpki_server.authority.clock import SourceState, TimeSource

MOST_OCTETS = 1024
_SECONDS = 2
_FIELDS = 14
# The file is written again at least so often; older words say nothing of the present.
_OLDEST = dt.timedelta(seconds=64)


def source_named(setting: str) -> TimeSource | None:
    """The source of settings.TIME_SOURCE: "" none, "chrony", "file:PATH".  Raises ValueError for anything else."""
    if not setting:
        return None
    kind, _, rest = setting.partition(":")
    if setting == "chrony":
        return ChronySource()
    if kind == "file" and rest:
        return FileSource(Path(rest))
    raise ValueError(f"HPKI_TIME_SOURCE is empty, `chrony` or `file:PATH`, not {setting!r}")


@dataclass(frozen=True)
class ChronySource:
    """The chrony daemon of this machine."""

    command: tuple[str, ...] = ("chronyc", "-c", "tracking")

    def state(self, at: dt.datetime) -> SourceState:  # noqa: ARG002 - the daemon answers for the present
        try:
            answer = subprocess.run(
                self.command, capture_output=True, timeout=_SECONDS, check=True, stdin=subprocess.DEVNULL
            )
        except (OSError, subprocess.SubprocessError) as error:
            return SourceState(None, f"chronyc does not answer ({type(error).__name__})")
        return read_tracking(answer.stdout[:MOST_OCTETS].decode("ascii", "replace"))


@dataclass(frozen=True)
class FileSource:
    """A file with the output of `chronyc -c tracking`, for a server that may not run it itself."""

    path: Path

    def state(self, at: dt.datetime) -> SourceState:
        try:
            with self.path.open("rb") as file:
                content = file.read(MOST_OCTETS)
            written = dt.datetime.fromtimestamp(self.path.stat().st_mtime, dt.UTC)
        except OSError as error:
            return SourceState(None, f"{self.path.name} cannot be read ({type(error).__name__})")
        if abs(at - written) > _OLDEST:
            return SourceState(None, f"{self.path.name} is not of the last {_OLDEST.seconds} s")
        return read_tracking(content.decode("ascii", "replace"))


def read_tracking(line: str) -> SourceState:
    """Chrony's estimate: |system time| + root dispersion + root delay / 2 (chronyc(1), tracking)."""
    fields = line.strip().split(",")
    if len(fields) != _FIELDS:
        return SourceState(None, "that is no line of `chronyc -c tracking`")
    if fields[13] not in {"Normal", "Insert second", "Delete second"}:
        return SourceState(None, f"chrony says: {fields[13][:32]}")
    try:
        system, delay, dispersion = (float(fields[place]) for place in (4, 10, 11))
        bound = dt.timedelta(seconds=abs(system) + dispersion + delay / 2)
    except (ValueError, OverflowError):
        return SourceState(None, "that is no line of `chronyc -c tracking`")
    return SourceState(bound, f"chrony follows {fields[1][:64]}, stratum {fields[2][:4]}")
