"""Blocks padded outside the card verify as signatures by another implementation."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from hpki.card.emsa import Hash, digest_info, pkcs1_block, pss_block
from hpki.errors import MalformedInput

FOREIGN = {Hash.SHA256: hashes.SHA256(), Hash.SHA384: hashes.SHA384(), Hash.SHA512: hashes.SHA512()}
KEYS = {bits: rsa.generate_private_key(65537, bits) for bits in (2047, 2048)}


def raw(key: rsa.RSAPrivateKey, block: bytes) -> bytes:
    numbers = key.private_numbers()
    return pow(int.from_bytes(block), numbers.d, numbers.public_numbers.n).to_bytes(256)


@pytest.mark.parametrize("algorithm", Hash)
def test_pkcs1_block_verifies(algorithm: Hash) -> None:
    signature = raw(KEYS[2048], pkcs1_block(algorithm.digest(b"text"), algorithm, 2048))
    KEYS[2048].public_key().verify(signature, b"text", padding.PKCS1v15(), FOREIGN[algorithm])


@pytest.mark.parametrize("bits", KEYS)
@pytest.mark.parametrize("algorithm", Hash)
def test_pss_block_verifies(algorithm: Hash, bits: int) -> None:
    foreign = FOREIGN[algorithm]
    signature = raw(KEYS[bits], pss_block(algorithm.digest(b"text"), algorithm, bits))
    scheme = padding.PSS(padding.MGF1(foreign), padding.PSS.DIGEST_LENGTH)
    KEYS[bits].public_key().verify(signature, b"text", scheme, foreign)


def test_a_digest_of_another_length_is_refused() -> None:
    with pytest.raises(MalformedInput, match="20 bytes instead of 32"):
        digest_info(bytes(20), Hash.SHA256)
    with pytest.raises(MalformedInput, match="does not fit"):
        pss_block(bytes(20), Hash.SHA256, 2048)


def test_a_key_that_is_too_short_is_refused() -> None:
    with pytest.raises(MalformedInput, match="512 bits are too few"):
        pkcs1_block(bytes(64), Hash.SHA512, 512)
