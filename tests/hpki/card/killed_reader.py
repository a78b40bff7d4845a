"""A thief with a power switch: forks a reader that guesses PINs, kills it at a random moment, looks at the counter.

Run by test_store.py as a process of its own (it forks): ``python -m tests.hpki.card.killed_reader FILE KILLS``.
Prints how often it killed, and how often in the middle of a write (a second file was left over).
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

from hpki.card.disk import PosixDisk
from hpki.card.layouts import Layout, plan_of
from hpki.card.objects import CardApplication
from hpki.card.pins import PIN_TRIES, padded
from hpki.card.store import SealedFile
from hpki.card.virtual import VirtualCard
from tests.hpki.card.cards import PASSPHRASE, PUKS, ok, say, select, send

AID = plan_of(Layout.JMA, CardApplication.SIGNING).aid


class SlowDisk(PosixDisk):
    """Where files lie in memory a write would be over before anybody could pull the plug."""

    def flush(self, path: Path) -> None:
        time.sleep(0.0003)
        super().flush(path)


def guess(path: Path, answers: int) -> None:
    with VirtualCard(SealedFile.open(path, PASSPHRASE, disk=SlowDisk())) as card:
        ok(select(card, AID))
        os.write(answers, b"r")
        while True:
            word = send(card, "00200088", b"wrong").status_word
            os.write(answers, b"w" if word & 0xFFF0 == 0x63C0 else b"b")


def one_kill(path: Path, chance: random.Random) -> int:
    """Kill a moment after the first, second … answer; how many wrong guesses were answered by then."""
    reading, writing = os.pipe()
    reader = os.fork()
    if not reader:
        guess(path, writing)
    os.close(writing)
    answered = sum(os.read(reading, 1) == b"w" for _ in range(chance.randint(1, 4)))
    time.sleep(chance.uniform(0, 0.001))
    os.kill(reader, signal.SIGKILL)
    os.waitpid(reader, 0)
    while part := os.read(reading, 4096):
        answered += part.count(b"w")
    os.close(reading)
    return answered


def main(path: Path, kills: int) -> None:
    told, torn = 0, 0
    chance = random.Random(20261104)  # noqa: S311 - moments of a kill, no secret
    for _ in range(kills):
        told += one_kill(path, chance)
        torn += path.with_name(f"{path.name}.new").exists()
        with VirtualCard.open(path, PASSPHRASE) as card:
            ok(select(card, AID))
            word = say(card, "00200088").status_word
            left = 0 if word == 0x6984 else word & 0x0F
            assert left <= PIN_TRIES - told, f"{told} answers were given, {left} tries are left"
            told = PIN_TRIES - left
            if left < 5:
                ok(send(card, "002C0188", padded(PUKS[CardApplication.SIGNING])))
                told = 0
    print(kills, torn)  # noqa: T201 - the answer to the test that runs this


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
