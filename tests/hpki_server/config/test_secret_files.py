"""A secret of the installation is made once, whoever asks first, and is its owner's."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hpki.keys.secret import DrawnSecret
from hpki_server.config.secret_files import secret_file, signing_key


def test_all_who_ask_at_once_get_the_same_secret(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "sealing.key"
    with ThreadPoolExecutor(8) as asking:
        answers = {secret.reveal() for secret in asking.map(secret_file, [path] * 16)}
    assert len(answers) == 1
    assert len(bytes.fromhex(answers.pop())) == 32
    assert list(path.parent.iterdir()) == [path]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_secret_that_exists_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "django.key"
    path.write_text("given by the operator\n")
    given = secret_file(path)
    assert given.reveal() == "given by the operator"
    assert not isinstance(given, DrawnSecret)
    assert path.read_text() == "given by the operator\n"


def test_what_is_made_here_is_known_to_be_drawn(tmp_path: Path) -> None:
    for _ in range(2):
        assert isinstance(secret_file(tmp_path / "audit.passphrase"), DrawnSecret)


@pytest.mark.parametrize("octets", [b"", b"\xff\x00"])
def test_a_signing_key_that_is_none_is_refused_with_a_sentence(tmp_path: Path, octets: bytes) -> None:
    path = tmp_path / "django.key"
    path.write_bytes(octets)
    with pytest.raises(SystemExit, match="openssl rand"):
        signing_key(path)
