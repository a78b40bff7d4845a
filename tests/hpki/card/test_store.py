"""The card's file: the old state or the new whatever happens, nothing readable inside, one reader at a time."""

import contextlib
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from hpki.card.disk import FILE_MAX, replace_durably
from hpki.card.layouts import Layout, plan_of
from hpki.card.objects import CardApplication
from hpki.card.private_keys import read_key
from hpki.card.state import read_state
from hpki.card.store import SealedFile
from hpki.card.virtual import VirtualCard
from hpki.errors import CardStateCorrupt, CardUnavailable
from hpki.keys.secret import Secret
from tests.hpki.card.cards import (
    ADMIN,
    CARD_ID,
    PASSPHRASE,
    PINS,
    PUKS,
    MemoryStore,
    issued_file,
    issued_store,
    ok,
    say,
    select,
    send,
)

SIGNING_AID = plan_of(Layout.JMA, CardApplication.SIGNING).aid
PROJECT = Path(__file__).resolve().parents[3]
OLD, NEW = b"the old state", b"the new state, which is a little longer"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "hanako.card"


@contextmanager
def disk_full_after(octets: int) -> Iterator[None]:
    """The kernel refuses to write a file beyond this size: a real write that stops at that byte."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_write_that_stops_at_any_byte_leaves_the_old_state(path: Path) -> None:
    store = SealedFile.create(path, PASSPHRASE, OLD)
    store.save(NEW)
    length = path.stat().st_size
    store.save(OLD)
    for octets in range(length):
        with disk_full_after(octets), pytest.raises(OSError, match="File too large"):
            store.save(NEW)
        assert store.load() == OLD
        assert path.with_name("hanako.card.new").stat().st_size == octets
    store.save(NEW)
    assert store.load() == NEW
    store.close()


def test_a_power_cut_before_the_rename_leaves_the_old_state_and_after_it_the_new(path: Path) -> None:
    store = SealedFile.create(path, PASSPHRASE, OLD)
    before = path.read_bytes()
    store.save(NEW)
    after = path.read_bytes()
    store.close()
    aside = path.with_name("hanako.card.new")
    # Opening costs a key derivation, so the ends and a sample between stand for all lengths; the bytes of the
    # second file are never read, whatever they are.
    for octets in (0, 1, len(after) // 2, len(after) - 1, len(after)):
        path.write_bytes(before)
        aside.write_bytes(after[:octets])
        opened = SealedFile.open(path, PASSPHRASE)
        assert opened.load() == OLD
        opened.save(NEW)
        assert opened.load() == NEW
        assert not aside.exists()
        opened.close()


def test_a_file_cut_or_changed_at_any_byte_is_corrupt_never_a_mix(path: Path) -> None:
    store = SealedFile.create(path, PASSPHRASE, OLD)
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at])
        with pytest.raises(CardStateCorrupt):
            store.load()
        path.write_bytes(whole[:at] + bytes((whole[at] ^ 0x40,)) + whole[at + 1 :])
        with pytest.raises(CardStateCorrupt):
            store.load()
    path.write_bytes(whole)
    assert store.load() == OLD
    store.close()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"OHPKICARD1",
        b"x" * 100,
        b"OHPKICARD1" + bytes((63, 8, 1)) + bytes(60),
        b"OHPKICARD1" + bytes((14, 200, 1)) + bytes(60),
    ],
    ids=["empty", "cut", "foreign", "all memory", "all memory by r"],
)
def test_what_is_no_card_file_does_not_open(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(CardStateCorrupt):
        VirtualCard.open(path, PASSPHRASE)


def test_a_file_of_any_length_is_not_read_whole(path: Path) -> None:
    path.write_bytes(b"OHPKICARD1")
    os.truncate(path, FILE_MAX + 1)
    with pytest.raises(CardStateCorrupt, match="too long"):
        SealedFile.open(path, PASSPHRASE)


def test_another_passphrase_does_not_open_it(path: Path) -> None:
    issued_file(path)
    with pytest.raises(CardStateCorrupt, match="passphrase"):
        VirtualCard.open(path, Secret("another"))
    VirtualCard.open(path, PASSPHRASE).close()


def test_a_sealed_state_that_is_no_state_is_corrupt(path: Path) -> None:
    for state in (
        b"",
        b"{}",
        b"[]",
        b'{"version":2}',
        b"\xff",
        issued_store(Layout.JMA).state.replace(b",15,15]", b",16,15]", 1),
    ):
        SealedFile.create(path, PASSPHRASE, state).close()
        with pytest.raises(CardStateCorrupt):
            VirtualCard.open(path, PASSPHRASE)
        path.unlink()


@given(data=st.binary(max_size=200))
@settings(max_examples=50)
def test_any_bytes_are_a_state_or_corrupt(data: bytes) -> None:
    with pytest.raises(CardStateCorrupt):
        read_state(data)


def test_nothing_of_the_card_stands_readable_in_its_file(path: Path) -> None:
    issued_file(path)
    content = path.read_bytes()
    state = read_state(issued_store(Layout.JMA).state)
    hidden = [
        *PINS.values(),
        *PUKS.values(),
        ADMIN.reveal().encode(),
        CARD_ID.encode(),
        b"certificates",
        b"pins",
    ]
    for pkcs8 in state.keys.values():
        hidden += [pkcs8[at : at + 12] for at in range(0, len(pkcs8) - 12, 12)]
        key = read_key(pkcs8)
        if isinstance(key, rsa.RSAPrivateKey):
            hidden.append(key.private_numbers().d.to_bytes(256, "big")[:16])
    for der in state.certificates.values():
        hidden += [der[at : at + 12] for at in range(0, len(der) - 12, 12)]
    assert not any(each in content for each in hidden)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.with_name("hanako.card.lock").stat().st_mode & 0o777 == 0o600


def test_the_same_state_is_sealed_differently_each_time(path: Path) -> None:
    store = SealedFile.create(path, PASSPHRASE, OLD)
    first = path.read_bytes()
    store.save(OLD)
    assert path.read_bytes() != first
    store.close()


def test_a_card_lies_in_one_reader(path: Path) -> None:
    issued_file(path)
    with VirtualCard.open(path, PASSPHRASE) as card:
        with pytest.raises(CardUnavailable, match="another reader"):
            VirtualCard.open(path, PASSPHRASE)
        ok(select(card, SIGNING_AID))
    assert send(card, "00200088", b"wrong").status_word in {0x6581, 0x6D00}
    VirtualCard.open(path, PASSPHRASE).close()


def test_a_card_is_not_made_over_another_and_not_opened_out_of_nothing(path: Path) -> None:
    with pytest.raises(CardUnavailable, match="no card"):
        VirtualCard.open(path, PASSPHRASE)
    VirtualCard.create(path, layout=Layout.JMA, card_id=CARD_ID, passphrase=PASSPHRASE, admin=ADMIN).close()
    before = path.read_bytes()
    with pytest.raises(CardUnavailable, match="already"):
        VirtualCard.create(path, layout=Layout.JMA, card_id="other", passphrase=PASSPHRASE, admin=ADMIN)
    assert path.read_bytes() == before
    with VirtualCard.open(path, PASSPHRASE) as card:
        assert card.card_id == CARD_ID


def test_a_full_disk_is_answered_and_the_pin_is_not_compared(path: Path) -> None:
    issued_file(path)
    with VirtualCard.open(path, PASSPHRASE) as card:
        ok(select(card, SIGNING_AID))
        with disk_full_after(100):
            assert send(card, "00200088", PINS[CardApplication.SIGNING]).status_word == 0x6581
        # the card reset itself: the terminal selects again and finds the counter as it was
        ok(select(card, SIGNING_AID))
        assert say(card, "00200088").status_word == 0x63CF
        assert send(card, "00200088", PINS[CardApplication.SIGNING]).status_word == 0x9000


class BrokenStore(MemoryStore):
    """A disk that fails in both directions for a while."""

    is_broken = False

    def load(self) -> bytes:
        if self.is_broken:
            raise OSError("no medium")
        return super().load()

    def save(self, state: bytes) -> None:
        if self.is_broken:
            raise OSError("no medium")
        super().save(state)


def test_a_card_whose_memory_failed_says_so_until_it_can_be_read_again() -> None:
    store = BrokenStore(issued_store(Layout.JMA).state)
    card = VirtualCard(store)
    ok(select(card, SIGNING_AID))
    store.is_broken = True
    assert send(card, "00200088", b"wrong").status_word == 0x6581
    assert say(card, "00B0960000").status_word == 0x6581
    assert select(card, SIGNING_AID).status_word == 0x6581
    store.is_broken = False
    ok(select(card, SIGNING_AID))
    assert say(card, "00200088").status_word == 0x63CF


@dataclass
class Content:
    """One file's bytes: in the cache, and on the medium as far as they were flushed."""

    cached: bytes
    durable: bytes | None = None


class PowerCut(BaseException):
    """Nothing runs after it."""


class LossyDisk:
    """A disk that loses power before one chosen operation, and keeps of the unflushed whatever it likes."""

    def __init__(self, *, dies_at: int = -1) -> None:
        self.left = dies_at
        self.names: dict[Path, Content] = {}
        self.durable_names: dict[Path, Content] = {}

    def _operation(self) -> None:
        if self.left == 0:
            raise PowerCut
        self.left -= 1

    def read(self, path: Path) -> bytes:
        return self.names[path].cached

    def write(self, path: Path, content: bytes) -> None:
        self._operation()
        self.names[path] = Content(content)

    def rename(self, old: Path, new: Path) -> None:
        self._operation()
        self.names[new] = self.names.pop(old)

    def flush(self, path: Path) -> None:
        self._operation()
        if path in self.names:
            self.names[path].durable = self.names[path].cached
        else:
            self.durable_names = dict(self.names)

    def after_power_came_back(self, path: Path) -> Iterator[bytes]:
        """Everything that a reader of `path` may find: either folder, any prefix of what was not flushed."""
        for names in (self.names, self.durable_names):
            content = names[path]
            if content.durable is not None:
                yield content.durable
            else:
                yield from (content.cached[:length] for length in range(len(content.cached) + 1))


def test_power_lost_at_any_operation_leaves_the_old_file_or_the_new_one_whole(path: Path) -> None:
    reached = set()
    for dies_at in range(5):
        disk = LossyDisk()
        replace_durably(disk, path, OLD)
        disk.left = dies_at
        with contextlib.suppress(PowerCut):
            replace_durably(disk, path, NEW)
        found = set(disk.after_power_came_back(path))
        assert found <= {OLD, NEW}
        reached |= found
        if dies_at == 4:
            assert found == {NEW}, "what was told as written is written"
    assert reached == {OLD, NEW}


def test_a_sealed_file_on_such_a_disk_opens_after_every_power_cut(path: Path) -> None:
    disk = LossyDisk()
    store = SealedFile.create(path, PASSPHRASE, OLD, disk=disk)
    for dies_at in range(4):
        disk.left = -1
        store.save(OLD)
        disk.left = dies_at
        with pytest.raises(PowerCut):
            store.save(NEW)
        for found in set(disk.after_power_came_back(path)):
            disk.names[path] = Content(found, found)
            assert store.load() in {OLD, NEW}
    store.close()


class DyingStore(MemoryStore):
    """Loses power inside one chosen write, before or after the bytes arrived."""

    def __init__(self, state: bytes, *, dies_at: int, arrives: bool) -> None:
        super().__init__(state)
        self.left, self.arrives = dies_at, arrives

    def save(self, state: bytes) -> None:
        if self.left == 0:
            if self.arrives:
                self.state = state
            raise PowerCut
        self.left -= 1
        self.state = state


class RecordingStore(MemoryStore):
    """Remembers every state in the order in which it was written."""

    def __init__(self, state: bytes) -> None:
        super().__init__(state)
        self.counters: list[int] = []

    def save(self, state: bytes) -> None:
        super().save(state)
        self.counters.append(read_state(state).pins[CardApplication.SIGNING].tries_left)


@pytest.mark.parametrize(("pin", "counters"), [(b"wrong", [14]), (PINS[CardApplication.SIGNING], [14, 15])])
def test_the_first_write_is_the_same_for_a_right_and_a_wrong_pin(pin: bytes, counters: list[int]) -> None:
    store = RecordingStore(issued_store(Layout.JMA).state)
    card = VirtualCard(store)
    ok(select(card, SIGNING_AID))
    send(card, "00200088", pin)
    assert store.counters == counters


@given(
    pins=st.lists(st.sampled_from([b"wrong", PINS[CardApplication.SIGNING]]), min_size=1, max_size=8),
    dies_at=st.integers(0, 12),
    arrives=st.booleans(),
)
@settings(deadline=None)
def test_pulling_the_plug_in_any_write_never_wins_a_try(
    pins: list[bytes], dies_at: int, *, arrives: bool
) -> None:
    store = DyingStore(issued_store(Layout.JMA).state, dies_at=dies_at, arrives=arrives)
    card = VirtualCard(store)
    ok(select(card, SIGNING_AID))
    told = 15
    for pin in pins:
        try:
            answer = send(card, "00200088", pin)
        except PowerCut:
            break
        told = 15 if answer.status_word == 0x9000 else told - 1
    left = read_state(store.state).pins[CardApplication.SIGNING].tries_left
    # Told counts hold; an unanswered comparison may have cost a try or, the PIN being right, given them back.
    assert left in {told, told - 1, 15 if PINS[CardApplication.SIGNING] in pins else told}


def test_a_killed_reader_never_gives_a_try_back(path: Path) -> None:
    """A thief guesses and kills the reader at random moments; 15 answers are all he gets before the PUK."""
    issued_file(path)
    thief = subprocess.run(
        [sys.executable, "-m", "tests.hpki.card.killed_reader", str(path), "40"],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": f"{PROJECT}/src:{PROJECT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert thief.returncode == 0, thief.stderr
    kills, killed_while_writing = (int(word) for word in thief.stdout.split())
    assert kills == 40
    assert killed_while_writing > 0
