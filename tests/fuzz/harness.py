"""Runs one target under libFuzzer: seeds into a corpus that is kept, findings beside it, a time limit."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import atheris

CORPUS = Path("var") / "fuzz"
SECONDS = int(os.environ.get("FUZZ_SECONDS", "60"))


def run(name: str, target: Callable[[bytes], None], seeds: Sequence[bytes]) -> None:
    """Fuzz until the time is over (FUZZ_SECONDS each) or something raises; arguments go to libFuzzer."""
    corpus = CORPUS / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (corpus / f"seed-{number:02}").write_bytes(seed)
    arguments = sys.argv[1:] or [
        f"-max_total_time={SECONDS}",
        "-max_len=16384",
        "-timeout=10",
        "-print_final_stats=1",
        "-verbosity=0",
    ]
    atheris.Setup([sys.argv[0], f"-artifact_prefix={CORPUS}/{name}-", *arguments, str(corpus)], target)
    atheris.Fuzz()
