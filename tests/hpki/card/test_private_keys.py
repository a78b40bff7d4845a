"""Keys inside the card do what their kind does, and nothing when asked for something else."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from hpki.card.apdu import Refused
from hpki.card.objects import CardApplication
from hpki.card.private_keys import (
    CardKey,
    answer_presence,
    encode_key,
    read_key,
    sign_block,
    sign_digest,
    sign_digest_info,
)
from hpki.errors import CardStateCorrupt
from tests.hpki.card.cards import KeyDealer
from tests.hpki.card.test_replay import BLOCK, DIGEST, DIGEST_INFO

RSA_KEY = KeyDealer()(CardApplication.SIGNING)
EC_KEY = KeyDealer()(CardApplication.PRESENCE)


@pytest.mark.parametrize(
    ("sign", "key", "data"),
    [
        (sign_block, EC_KEY, BLOCK),
        (sign_digest_info, EC_KEY, DIGEST_INFO),
        (sign_digest, RSA_KEY, DIGEST),
        (answer_presence, RSA_KEY, DIGEST),
    ],
)
def test_a_key_of_the_other_kind_refuses(
    sign: Callable[[CardKey, bytes], bytes], key: CardKey, data: bytes
) -> None:
    with pytest.raises(Refused, match="6985"):
        sign(key, data)


@pytest.mark.parametrize("data", [b"", bytes(246)])
def test_what_does_not_fit_into_a_block_is_not_padded(data: bytes) -> None:
    with pytest.raises(Refused, match="6700"):
        sign_digest_info(RSA_KEY, data)


def test_padding_by_the_card_and_before_the_card_gives_the_same_signature() -> None:
    assert sign_digest_info(RSA_KEY, DIGEST_INFO) == sign_block(RSA_KEY, BLOCK)


def test_keys_come_back_out_of_the_state() -> None:
    for key in (RSA_KEY, EC_KEY):
        assert read_key(encode_key(key)).public_key() == key.public_key()


def test_what_is_no_key_of_a_card_is_a_corrupt_state() -> None:
    foreign = ed25519.Ed25519PrivateKey.generate().private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
    )
    for pkcs8 in (b"", b"\x30\x00", foreign):
        with pytest.raises(CardStateCorrupt):
            read_key(pkcs8)
