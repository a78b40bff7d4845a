"""EU DSS as the peer of judging: in its own process, warmed up, by the wall clock; it uses both processors."""

import time
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import Final

from tests.interop.dss_judge import dss_judge
from tests.signing_scene import MINUTE, SIGNED_AT, Scene

from hpki.validation.facts import facts_of

_WARM_UP, _MEASURED = 60, 40
FOLDER: Final = Path(__file__).resolve().parents[1] / "var" / "dss" / "documents"


def dss_rate(scene: Scene, documents: Sequence[bytes], *, detached: bytes | None = None) -> float:
    """Documents judged per second, each of them passed."""
    judge = dss_judge(FOLDER)
    made = scene.hierarchy
    anchors = [facts_of(each.issuer.certificate) for each in (made.root, *made.authorities.values())]
    evidence, at = scene.evidence(), SIGNED_AT + 9 * MINUTE
    beside = [] if detached is None else [detached]
    queue = cycle(documents)

    def run(times: int) -> float:
        begun = time.perf_counter()
        for _ in range(times):
            [verdict] = judge.judge(next(queue), anchors, evidence, at, beside)
            assert verdict.is_passed, verdict
        return times / (time.perf_counter() - begun)

    run(_WARM_UP)
    return run(_MEASURED)
