"""The private keys inside the virtual card: born there, used there, never read out."""

import secrets
from collections.abc import Callable
from typing import Final, TypeAlias

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo, Prehashed
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from hpki.card.apdu import Refused, StatusWord, expect
from hpki.card.objects import CardApplication, presence_message
from hpki.card.tlv import encode_tlv
from hpki.errors import CardStateCorrupt

CardKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
CardPublicKey: TypeAlias = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
KeyFactory: TypeAlias = Callable[[CardApplication], CardKey]

RSA_BITS: Final = 2048
RSA_OCTETS: Final = RSA_BITS // 8
_RSA_EXPONENT: Final = 65537
_PADDING_MIN: Final = 8
_PKCS1: Final = PKCS1v15()
_PUBLIC_KEY_TEMPLATE: Final = 0x7F49


def generate_key(of: CardApplication) -> CardKey:
    """A new key of the kind the application uses: P-256 for presence, RSA-2048 for the other two (G31 4.3)."""
    if of is CardApplication.PRESENCE:
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(_RSA_EXPONENT, RSA_BITS)


def encode_key(key: CardKey) -> bytes:
    """PKCS#8 in the clear, for the sealed state only."""
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def read_key(pkcs8: bytes) -> CardKey:
    """A key out of the sealed state.  Raises CardStateCorrupt."""
    try:
        # The sealed state proved by its tag that these are our own bytes; checking primes again costs 10 ms.
        key = load_der_private_key(pkcs8, None, unsafe_skip_rsa_key_validation=True)
    except ValueError as error:
        raise CardStateCorrupt("a key in the card's state cannot be read") from error
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise CardStateCorrupt("a key in the card's state is of a kind this card does not have")
    return key


def encode_public_key(key: CardPublicKey) -> bytes:
    """Template 7F49: modulus 81 and exponent 82, or point 86 (ISO/IEC 7816-8:2021, table of public key objects)."""
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        octets = (numbers.n.bit_length() + 7) // 8
        body = encode_tlv(0x81, numbers.n.to_bytes(octets, "big")) + encode_tlv(
            0x82, numbers.e.to_bytes(3, "big")
        )
    else:
        body = encode_tlv(0x86, key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
    return encode_tlv(_PUBLIC_KEY_TEMPLATE, body)


def sign_block(key: CardKey, block: bytes) -> bytes:
    """RSA's private operation on a complete block of the modulus' length.

    G31 C.6: the padding is done outside the card.  Only blocks that end a signature padding are taken: type 1 of
    EMSA-PKCS1-v1_5, or EMSA-PSS by its trailer; so the card is no decryption device and signs nothing blindly.
    Refuses with 6700 for another length, with 6A80 for another block.
    """
    if not isinstance(key, rsa.RSAPrivateKey):
        raise Refused(StatusWord.CONDITIONS_NOT_SATISFIED)
    expect(len(block) == key.key_size // 8, StatusWord.WRONG_LENGTH)
    content = _content_of_type_1(block)
    if content:
        return key.sign(content, _PKCS1, NoDigestInfo())
    # RFC 8017, 9.1.1: "EM = maskedDB || H || 0xbc", its leftmost bit zero.
    expect(block[-1] == 0xBC and not block[0] & 0x80, StatusWord.WRONG_DATA)
    return _raw_rsa(key, int.from_bytes(block, "big"))


def _content_of_type_1(block: bytes) -> bytes | None:
    """What stands after 00 01 FF…FF 00, with at least eight FF (RFC 8017, 9.2); None for another block."""
    if block[:2] != b"\x00\x01":
        return None
    content = block[2:].lstrip(b"\xff")
    padding = len(block) - 2 - len(content)
    return content[1:] if padding >= _PADDING_MIN and content[:1] == b"\x00" else None


def sign_digest_info(key: CardKey, digest_info: bytes) -> bytes:
    """The same with the padding put on by the card (`80 2A 00 80`).  Refuses with 6700 when it does not fit."""
    if not isinstance(key, rsa.RSAPrivateKey):
        raise Refused(StatusWord.CONDITIONS_NOT_SATISFIED)
    expect(0 < len(digest_info) <= key.key_size // 8 - 3 - _PADDING_MIN, StatusWord.WRONG_LENGTH)
    return key.sign(digest_info, _PKCS1, NoDigestInfo())


def sign_digest(key: CardKey, digest: bytes) -> bytes:
    """ECDSA over a SHA-256 digest, as DER.  Refuses with 6700 for another length, 6985 for an RSA key."""
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise Refused(StatusWord.CONDITIONS_NOT_SATISFIED)
    expect(len(digest) == hashes.SHA256.digest_size, StatusWord.WRONG_LENGTH)
    return key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))


def answer_presence(key: CardKey, challenge: bytes) -> bytes:
    """ECDSA with SHA-256 over `presence_message(challenge)`, as DER.  Refuses with 6985 for an RSA key."""
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise Refused(StatusWord.CONDITIONS_NOT_SATISFIED)
    return key.sign(presence_message(challenge), ec.ECDSA(hashes.SHA256()))


def _raw_rsa(key: rsa.RSAPrivateKey, message: int) -> bytes:
    """message^d mod n, blinded, by the Chinese remainder theorem, checked before it leaves (RFC 8017, 5.2.1).

    `cryptography` signs PSS only from a digest, and inside an encoded block the digest is no longer visible.
    """
    numbers = key.private_numbers()
    modulus, exponent = numbers.public_numbers.n, numbers.public_numbers.e
    expect(message < modulus, StatusWord.WRONG_DATA)
    blind = secrets.randbelow(modulus - 2) + 2
    blinded = message * pow(blind, exponent, modulus) % modulus
    from_p, from_q = pow(blinded, numbers.dmp1, numbers.p), pow(blinded, numbers.dmq1, numbers.q)
    signature = from_q + numbers.q * ((from_p - from_q) * numbers.iqmp % numbers.p)
    signature = signature * pow(blind, -1, modulus) % modulus
    # A fault in one half of the computation would give the key away (Boneh, DeMillo, Lipton 1997).
    expect(pow(signature, exponent, modulus) == message, StatusWord.NO_DIAGNOSIS)
    return signature.to_bytes(key.key_size // 8, "big")
