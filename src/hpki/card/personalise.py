"""From a blank card to a card that can be handed over, at an issuing desk.

The order makes an interruption harmless: keys, certificates, PINs, and only then the lock.  Until the lock the card
signs nothing for anybody; a later run finds the keys that are there, keeps them and goes on.

>>> personalise(transport, issuer_secret, certify=certificates_for, pins=pins)

or, when the certificates come from elsewhere and later, the same in steps with `Personalisation`.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import load_der_x509_certificate

from hpki.card.apdu import EXTENDED_MAX, SHORT_EXPECTED_MAX, Command, Response, StatusWord
from hpki.card.application import ChainLink
from hpki.card.client import (
    COMPUTE_SIGNATURE,
    MANAGE_SECURITY_ENVIRONMENT,
    PERFORM_SECURITY_OPERATION,
    SET_SIGNATURE_TEMPLATE,
    VERIFY,
    HpkiCard,
)
from hpki.card.directory import select_application
from hpki.card.emsa import Hash, pkcs1_block
from hpki.card.objects import ADMINISTRATION_AID, PRESENCE_CHALLENGE_OCTETS, CardApplication, presence_message
from hpki.card.tlv import Tlv, find, read_text, read_tlvs
from hpki.card.transport import CardTransport, CommandProcessor, command_processor, must
from hpki.errors import CardRefused, MalformedInput, PinBlocked, ReadBackDiffers, WrongPin
from hpki.keys.algorithms import verify
from hpki.keys.secret import Secret

GENERATE_KEY_PAIR: Final = 0x47
GET_DATA: Final = 0xCA
PUT_DATA: Final = 0xDA
ACTIVATE: Final = 0x44
_NEW, _EXISTING = 0x80, 0x81  # ISO/IEC 7816-8:2021, 5.1, table 2: P1 of GENERATE ASYMMETRIC KEY PAIR
_ISSUER_SECRET: Final = 0x01
_PUBLIC_KEY, _MODULUS, _EXPONENT, _POINT = 0x7F49, 0x81, 0x82, 0x86  # 7816-8:2021, table 3
_CARD_ID, _LIFECYCLE = 0x0101, 0x0102
_OPERATIONAL: Final = b"\x05"

KEY_NUMBERS: Final[Mapping[CardApplication, int]] = MappingProxyType(
    {CardApplication.SIGNING: 1, CardApplication.AUTHENTICATION: 2, CardApplication.PRESENCE: 3}
)

CardPublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
PublicKeys = Mapping[CardApplication, CardPublicKey]


class _Reference(IntEnum):
    """P2 of the administration application's CHANGE REFERENCE DATA: what is set, plus the key's number."""

    PIN = 0x80
    PUK = 0x90


@dataclass(frozen=True)
class CardCertificates:
    """What one application carries, as DER: its end-entity certificate and the issuers' above it."""

    end_entity: bytes
    root: bytes | None = None
    issuer: bytes | None = None
    extra: bytes | None = None

    def by_link(self) -> Mapping[ChainLink, bytes]:
        """Those that are there, by their place on the card."""
        places = {
            ChainLink.END_ENTITY: self.end_entity,
            ChainLink.ROOT: self.root,
            ChainLink.ISSUER: self.issuer,
            ChainLink.EXTRA: self.extra,
        }
        return {link: der for link, der in places.items() if der is not None}


@dataclass(frozen=True)
class CardPins:
    """The holder's first PINs (4 to 16 characters) and the PUK of both (8 to 16)."""

    signing: Secret
    authentication: Secret
    puk: Secret

    def by_application(self) -> Mapping[CardApplication, Secret]:
        """The PIN of each application that has one."""
        return {CardApplication.SIGNING: self.signing, CardApplication.AUTHENTICATION: self.authentication}


@dataclass(frozen=True)
class PersonalisedCard:
    """Exists only after everything was read back from the locked card and was as it should be."""

    card_id: str
    certificates: Mapping[CardApplication, CardCertificates]


class Personalisation:
    """One sitting with one card; each step may be repeated, in this sitting or in a later one.

    Opening proves the issuer's secret to the card: raises WrongPin or PinBlocked about it, CardRefused (6985) when
    the card is locked already.  Any step may raise CardUnavailable when the card is pulled.
    """

    def __init__(self, transport: CardTransport, issuer_secret: Secret) -> None:
        self._transport = transport
        self._processor = command_processor(transport)
        self._open(issuer_secret)

    @property
    def card_id(self) -> str:
        """The number printed on the card, as the card says it."""
        return read_text(self._get_data(_CARD_ID, "reading the card's number"))

    def public_keys(self) -> PublicKeys:
        """The keys that are on the card already; empty for a blank one."""
        found = {kind: self._key_pair(_EXISTING, number) for kind, number in KEY_NUMBERS.items()}
        return {kind: read_public_key(answer.data) for kind, answer in found.items() if answer.succeeded}

    def generate_keys(self) -> PublicKeys:
        """Make the keys that are missing, on the card, and give the public halves of all.

        A key that exists is kept: a certificate may have been made for it before the plug was pulled.
        """
        existing = self.public_keys()
        missing = {kind: number for kind, number in KEY_NUMBERS.items() if kind not in existing}
        made = {
            kind: read_public_key(must(self._key_pair(_NEW, number), f"making the {kind} key"))
            for kind, number in missing.items()
        }
        return {**existing, **made}

    def sign_possession(self, kind: CardApplication, message: bytes) -> bytes:
        """Have a new key sign with SHA-256, before it has a certificate: PKCS#1 v1.5 (RSA) or ECDSA as DER.

        A card that is not locked lets the issuer do so without PIN; so a certificate is never made for a key that the
        card cannot use.
        """
        number = KEY_NUMBERS[kind]
        choose = Command(
            0x00, MANAGE_SECURITY_ENVIRONMENT, *SET_SIGNATURE_TEMPLATE, bytes((0x84, 0x01, number))
        )
        must(self._processor.send(choose), f"choosing the {kind} key")
        digest = Hash.SHA256.digest(message)
        key = read_public_key(must(self._key_pair(_EXISTING, number), f"reading the {kind} key"))
        block = (
            pkcs1_block(digest, Hash.SHA256, key.key_size) if isinstance(key, rsa.RSAPublicKey) else digest
        )
        sign = Command(0x00, PERFORM_SECURITY_OPERATION, *COMPUTE_SIGNATURE, block, SHORT_EXPECTED_MAX)
        return must(self._processor.send(sign), f"signing with the {kind} key")

    def write_certificates(self, certificates: Mapping[CardApplication, CardCertificates]) -> None:
        """Write each certificate, read it back, compare; raises ReadBackDiffers, or CardRefused (6A80) for another key's."""
        for kind, carried in certificates.items():
            for link, der in carried.by_link().items():
                place = link << 4 | KEY_NUMBERS[kind]
                command = Command(0x00, PUT_DATA, 0x02, place, der)
                must(self._processor.send(command), f"writing a certificate of the {kind} application")
                if self._get_data(0x0200 | place, "reading a certificate back") != der:
                    raise ReadBackDiffers(f"the card gives back another {kind} certificate than was written")

    def set_pins(self, pins: CardPins) -> None:
        """Set the first PIN and the PUK of both applications; raises CardRefused for one that the card does not take."""
        for kind, pin in pins.by_application().items():
            self._set_secret(_Reference.PIN, kind, pin)
            self._set_secret(_Reference.PUK, kind, pins.puk)

    def activate(self) -> None:
        """Lock the card's administration for good; raises CardRefused (6985) when something is missing."""
        must(self._processor.send(Command(0x00, ACTIVATE, 0x00, 0x00)), "activating the card")

    def _open(self, issuer_secret: Secret) -> None:
        select_application(self._processor, ADMINISTRATION_AID)
        if self._get_data(_LIFECYCLE, "asking whether the card is locked") == _OPERATIONAL:
            raise CardRefused(
                "personalising a card that is in use already", StatusWord.CONDITIONS_NOT_SATISFIED
            )
        response = self._processor.send(
            Command(0x00, VERIFY, 0x00, _ISSUER_SECRET, issuer_secret.reveal().encode("utf-8"))
        )
        if response.tries_left:
            raise WrongPin(response.tries_left)
        if response.tries_left == 0 or response.status_word == StatusWord.PIN_BLOCKED:
            raise PinBlocked("the issuer's secret is blocked: this blank card is lost")
        must(response, "opening the card's administration")

    def _key_pair(self, new_or_existing: int, number: int) -> Response:
        template = bytes(
            (0xB6, 0x03, 0x84, 0x01, number)
        )  # control reference template: a signature key by its number
        return self._processor.send(
            Command(0x00, GENERATE_KEY_PAIR, new_or_existing, 0x00, template, SHORT_EXPECTED_MAX)
        )

    def _set_secret(self, what: _Reference, kind: CardApplication, secret: Secret) -> None:
        command = Command(0x00, 0x24, 0x01, what | KEY_NUMBERS[kind], secret.reveal().encode("utf-8"))
        must(self._processor.send(command), f"setting the {what.name} of the {kind} application")

    def _get_data(self, reference: int, doing: str) -> bytes:
        command = Command(0x00, GET_DATA, reference >> 8, reference & 0xFF, le=EXTENDED_MAX)
        return must(self._processor.send(command), doing)


def read_card_id(transport: CardTransport) -> str:
    """The number of the card in the reader, before any secret is shown to it."""
    return read_text(_ask(command_processor(transport), _CARD_ID, "reading the card's number"))


def is_locked(transport: CardTransport) -> bool:
    """Whether the card in the reader was personalised already."""
    return _ask(command_processor(transport), _LIFECYCLE, "asking whether the card is locked") == _OPERATIONAL


def _ask(processor: CommandProcessor, reference: int, doing: str) -> bytes:
    select_application(processor, ADMINISTRATION_AID)
    return must(
        processor.send(Command(0x00, GET_DATA, reference >> 8, reference & 0xFF, le=SHORT_EXPECTED_MAX)),
        doing,
    )


def personalise(
    transport: CardTransport,
    issuer_secret: Secret,
    *,
    certify: Callable[[PublicKeys], Mapping[CardApplication, CardCertificates]],
    pins: CardPins,
) -> PersonalisedCard:
    """Do all of it: keys on the card, `certify` their public halves, write, read back, PINs, lock, check.

    Raises what `Personalisation` and `check_personalised` raise, and whatever `certify` raises; a card that is left
    half done is not locked and can be presented again.
    """
    sitting = Personalisation(transport, issuer_secret)
    card_id = sitting.card_id
    certificates = certify(sitting.generate_keys())
    sitting.write_certificates(certificates)
    sitting.set_pins(pins)
    sitting.activate()
    return check_personalised(transport, card_id, certificates)


def check_personalised(
    transport: CardTransport, card_id: str, certificates: Mapping[CardApplication, CardCertificates]
) -> PersonalisedCard:
    """Look at the locked card as any software will, and have its presence key answer a challenge.

    Raises ReadBackDiffers when a certificate is another one, SignatureMismatch when the presence key's answer does
    not verify under the presence certificate.
    """
    card = HpkiCard(transport)
    for kind, carried in certificates.items():
        if card.certificate_der(kind) != carried.end_entity:
            raise ReadBackDiffers(f"the {kind} application shows another certificate than was written")
    if presence := certificates.get(CardApplication.PRESENCE):
        challenge = secrets.token_bytes(PRESENCE_CHALLENGE_OCTETS)
        public_key = load_der_x509_certificate(presence.end_entity).public_key()
        verify(public_key, card.prove_presence(challenge), presence_message(challenge))
    return PersonalisedCard(card_id, MappingProxyType(dict(certificates)))


def read_public_key(answer: bytes) -> CardPublicKey:
    """The public key data object 7F49 (ISO/IEC 7816-8:2021, 5.3): RSA, or a point on P-256.  Raises MalformedInput."""
    template = find(read_tlvs(answer), _PUBLIC_KEY)
    parts: tuple[Tlv, ...] = () if template is None else read_tlvs(template)
    modulus, exponent, point = (find(parts, tag) for tag in (_MODULUS, _EXPONENT, _POINT))
    try:
        if modulus and exponent:
            return rsa.RSAPublicNumbers(int.from_bytes(exponent), int.from_bytes(modulus)).public_key()
        if point:
            return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise MalformedInput("public key of the card", str(error)) from error
    raise MalformedInput("public key of the card", "neither modulus and exponent nor a point")
