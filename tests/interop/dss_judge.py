"""EU DSS as a judge: built once with Maven, then one process that answers a line for each document.

A document costs some milliseconds once the process is warm; its start costs seconds.
"""

import atexit
import datetime as dt
import fcntl
import hashlib
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts
from tests import pki

HERE = Path(__file__).parent / "dss"
_PROJECT = Path(__file__).resolve().parents[2]
LIBRARIES = _PROJECT / "var" / "dss"
_VECTORS = _PROJECT / "var" / "dss-vectors"
_TESTS = "eu.europa.ec.joinup.sd-dss:{}:6.4:jar:tests"


@dataclass(frozen=True)
class DssVerdict:
    """What DSS says of one signature."""

    indication: str
    sub_indication: str
    format: str
    best_time: str
    time_stamps: str

    @property
    def is_passed(self) -> bool:
        return self.indication == "TOTAL_PASSED"


class DssJudge:
    """One Java process and the folder that it reads from."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        paths = f"{_classes()}:{LIBRARIES}/*"
        self._process = subprocess.Popen(
            ["java", "-XX:TieredStopAtLevel=4", "-cp", paths, "DssJudge"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8",
        )  # fmt: skip
        atexit.register(self.close)
        assert self._ask_line(None) == "READY"

    def close(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait(timeout=20)

    def judge(
        self,
        document: bytes | Path,
        anchors: Iterable[CertificateFacts],
        evidence: Evidence | None = None,
        at: dt.datetime | None = None,
        detached: Sequence[bytes | Path] = (),
    ) -> list[DssVerdict]:
        """The verdict on each signature of a document."""
        known = evidence or Evidence()
        fields = (
            str(self._kept(document)),
            ",".join(str(self._kept(each)) for each in detached),
            ",".join(str(self._kept(each.der)) for each in anchors),
            ",".join(str(self._kept(each.der)) for each in known.certificates),
            ",".join(str(self._kept(each.crl.public_bytes(pki.DER))) for each in known.crls),
            "" if at is None else at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "",
        )
        return self._verdicts("\t".join(fields))

    def decide(self, diagnostic_data: bytes) -> list[DssVerdict]:
        """DSS's decision over facts in its own form (DiagnosticData), by its default policy at their moment."""
        return self._verdicts(f"DECIDE\t{self._kept(diagnostic_data)}")

    def _verdicts(self, question: str) -> list[DssVerdict]:
        answer = self._ask_line(question)
        if answer.startswith("ERROR"):
            raise AssertionError(answer)
        return [DssVerdict(*each.split(" ", 4)) for each in answer.split("\t") if each]

    def _ask_line(self, question: str | None) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if question is not None:
            self._process.stdin.write(question + "\n")
            self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def _kept(self, document: bytes | Path) -> Path:
        if isinstance(document, Path):
            return document
        path = self.folder / f"{hashlib.sha256(document).hexdigest()[:24]}.bin"
        if not path.exists():
            path.write_bytes(document)
        return path


@cache
def _classes() -> Path:
    """The compiled runner; the libraries are fetched by Maven the first time, by one process at a time."""
    LIBRARIES.parent.mkdir(parents=True, exist_ok=True)
    with LIBRARIES.with_suffix(".lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        return _built()


def _built() -> Path:
    source = HERE / "src" / "main" / "java" / "DssJudge.java"
    made = LIBRARIES / "classes"
    pom, fetched = HERE / "pom.xml", LIBRARIES / "pom.xml"
    if not fetched.exists() or fetched.read_bytes() != pom.read_bytes():
        LIBRARIES.mkdir(parents=True, exist_ok=True)
        _run("mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies",
             f"-DoutputDirectory={LIBRARIES}")  # fmt: skip
        fetched.write_bytes(pom.read_bytes())
    compiled = made / "DssJudge.class"
    if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
        made.mkdir(parents=True, exist_ok=True)
        _run("javac", "-d", str(made), "-cp", f"{LIBRARIES}/*", str(source))
    return made


@cache
def published_tests(module: str) -> Path:
    """The archive of the tests of one of DSS's modules, as its makers publish it (LGPL, so nothing of it is kept here)."""
    _VECTORS.mkdir(parents=True, exist_ok=True)
    with (_VECTORS / f"{module}.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not list(_VECTORS.glob(f"{module}-*.jar")):
            _run("mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:copy",
                 f"-Dartifact={_TESTS.format(module)}", f"-DoutputDirectory={_VECTORS}")  # fmt: skip
    [archive] = _VECTORS.glob(f"{module}-*.jar")
    return archive


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


_RUNNING: list[DssJudge] = []


def dss_judge(folder: Path) -> DssJudge:
    """The running judge, started the first time."""
    if not _RUNNING:
        _RUNNING.append(DssJudge(folder))
    return _RUNNING[0]
