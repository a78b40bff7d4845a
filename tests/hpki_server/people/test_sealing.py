"""What is sealed opens only whole, for its own purpose, and under the same key."""

import pytest

from hpki_server.people.sealing import SealBroken, open_sealed, seal


def test_what_was_sealed_opens() -> None:
    sealed = seal("写真".encode(), purpose="photo")
    assert "写真".encode() not in sealed
    assert open_sealed(sealed, purpose="photo") == "写真".encode()


def test_the_same_value_is_sealed_differently_each_time() -> None:
    assert seal(b"x") != seal(b"x")


@pytest.mark.parametrize("at", [0, 1, 13, -1])
def test_one_changed_octet_is_noticed(at: int) -> None:
    sealed = bytearray(seal(b"secret"))
    sealed[at] ^= 1
    with pytest.raises(SealBroken):
        open_sealed(bytes(sealed))


@pytest.mark.parametrize("length", [0, 5, 20])
def test_a_cut_value_is_noticed(length: int) -> None:
    with pytest.raises(SealBroken):
        open_sealed(seal(b"secret")[:length])


def test_a_value_does_not_open_for_another_purpose() -> None:
    with pytest.raises(SealBroken):
        open_sealed(seal(b"secret", purpose="people.totp"), purpose="photo")
