"""An HPKI card as the software in front of it sees it.

>>> with PcscCard() as reader:                                             # hpki.card.pcsc
...     card = HpkiCard(reader)
...     certificate = card.certificate(CardApplication.SIGNING)
...     signature = card.sign(CardApplication.SIGNING, b"text", pin=Secret("…"))
"""

from dataclasses import replace
from typing import Final

from cryptography import x509

from hpki.card.apdu import SHORT_EXPECTED_MAX, Command, Response, StatusWord
from hpki.card.directory import ApplicationDirectory, read_applications, read_path, select_application
from hpki.card.emsa import Hash, Padding, pkcs1_block, pss_block
from hpki.card.objects import CardApplication, CertificateObject, sfi_of_path
from hpki.card.pins import padded
from hpki.card.transport import CardTransport, command_processor, must
from hpki.certs.reading import REFUSALS
from hpki.errors import CardRefused, MalformedInput, NotOnCard, PinBlocked, WrongPin
from hpki.keys.secret import Secret

VERIFY: Final = 0x20
CHANGE_REFERENCE_DATA: Final = 0x24
RESET_RETRY_COUNTER: Final = 0x2C
MANAGE_SECURITY_ENVIRONMENT: Final = 0x22
PERFORM_SECURITY_OPERATION: Final = 0x2A
INTERNAL_AUTHENTICATE: Final = 0x88
# ISO/IEC 7816-4:2020, 11.7.2: P1-P2 of MSE SET for a digital signature template.
SET_SIGNATURE_TEMPLATE: Final = (0x41, 0xB6)
# ISO/IEC 7816-8:2021, 9.2: COMPUTE DIGITAL SIGNATURE, data for it in, a signature out.
COMPUTE_SIGNATURE: Final = (0x9E, 0x9A)
_FILE_REFERENCE, _KEY_REFERENCE = 0x81, 0x84  # ISO/IEC 7816-4:2020, table 55
# 6983 is the standard's "authentication method blocked", 6984 the guideline's "PIN IEF blocked" (G31 Annex C).
_BLOCKED: Final = frozenset({0x6983, StatusWord.PIN_BLOCKED})
_UNKNOWN_KEY: Final = frozenset(
    {StatusWord.WRONG_DATA, StatusWord.WRONG_PARAMETERS, StatusWord.REFERENCE_NOT_FOUND}
)
_ORDER: Final = tuple(CardApplication)


class HpkiCard:
    """A card with up to three applications, in whatever layout it keeps them.

    Every method may raise CardUnavailable (pulled), CardRefused (unexpected status word), MalformedInput (the card's
    files do not follow ISO/IEC 7816-15) and NotOnCard.  `extended=False` never tries extended length fields.
    """

    def __init__(self, transport: CardTransport, *, extended: bool = True) -> None:
        self._processor = command_processor(transport, extended=extended)
        self._directories: dict[CardApplication, ApplicationDirectory] | None = None
        self._selected: bytes | None = None

    def applications(self) -> tuple[ApplicationDirectory, ...]:
        """The applications that the card has, walked once and remembered."""
        if self._directories is None:
            self._selected = None
            found = read_applications(self._processor)
            if len({each.kind for each in found}) < len(found):
                found = tuple(self._by_certificate(each) for each in found)
            self._directories = {
                each.kind: each for each in reversed(found)
            }  # the card's first of a kind stays
        return tuple(sorted(self._directories.values(), key=lambda each: _ORDER.index(each.kind)))

    def application(self, kind: CardApplication) -> ApplicationDirectory:
        """One application; raises NotOnCard when the card has none of that kind."""
        for each in self.applications():
            if each.kind == kind:
                return each
        raise NotOnCard(f"the card has no {kind} application")

    def certificate_der(self, kind: CardApplication) -> bytes:
        """The end-entity certificate, read without PIN; raises NotOnCard when none was written yet."""
        entry = self.application(kind).end_entity
        content = b"" if entry is None else self._read_certificate(kind, entry)
        if not content:
            raise NotOnCard(f"the {kind} application has no certificate yet")
        return content

    def certificate(self, kind: CardApplication) -> x509.Certificate:
        """The end-entity certificate; nothing about it is verified here."""
        try:
            return x509.load_der_x509_certificate(self.certificate_der(kind))
        except REFUSALS as error:
            raise MalformedInput(f"certificate of the {kind} application", str(error)) from error

    def chain_der(self, kind: CardApplication) -> tuple[bytes, ...]:
        """The issuers' certificates that the card carries, in the card's order; may be empty."""
        directory = self.application(kind)
        upper = [
            each for each in directory.certificates if each.identifier != directory.private_key.identifier
        ]
        return tuple(filter(None, (self._read_certificate(kind, each) for each in upper)))

    def tries_left(self, kind: CardApplication) -> int:
        """Wrong PINs that remain before the lock, 0 when locked; asking costs none."""
        reference = self._pin_reference(kind)
        self._forget_proofs(kind)  # a PIN that is proven would be answered 9000, without the number
        self._select(kind)
        response = self._processor.send(Command(0x00, VERIFY, 0x00, reference))
        if response.tries_left is not None:
            return response.tries_left
        if response.status_word in _BLOCKED:
            return 0
        raise CardRefused("asking for the tries left", response.status_word)

    def verify_pin(self, kind: CardApplication, pin: Secret) -> None:
        """Prove the PIN for this session; raises WrongPin(tries_left) or PinBlocked."""
        reference = self._pin_reference(kind)
        self._select(kind)
        response = self._processor.send(Command(0x00, VERIFY, 0x00, reference, _pin_octets(pin)))
        _must_be_right(response, "verifying the PIN")

    def change_pin(self, kind: CardApplication, *, old: Secret, new: Secret) -> None:
        """Replace the PIN; raises WrongPin(tries_left) or PinBlocked for the old one."""
        self._replace_pin(kind, CHANGE_REFERENCE_DATA, old, new)

    def unblock_pin(self, kind: CardApplication, *, puk: Secret, new: Secret) -> None:
        """Set a new PIN with the PUK and give back all tries; raises WrongPin or PinBlocked about the PUK."""
        self._replace_pin(kind, RESET_RETRY_COUNTER, puk, new)

    def sign(
        self,
        kind: CardApplication,
        message: bytes,
        *,
        pin: Secret | None,
        algorithm: Hash = Hash.SHA256,
        padding: Padding = Padding.PKCS1,
    ) -> bytes:
        """RSA signature over a message: RSASSA-PKCS1-v1_5 or RSASSA-PSS (RFC 8017 8), as long as the modulus.

        `pin=None` leans on a PIN proven earlier; the signing application forgets it after each signature (G31 4.3).
        """
        return self.sign_digest(
            kind, algorithm.digest(message), pin=pin, algorithm=algorithm, padding=padding
        )

    def sign_digest(
        self,
        kind: CardApplication,
        digest: bytes,
        *,
        pin: Secret | None,
        algorithm: Hash = Hash.SHA256,
        padding: Padding = Padding.PKCS1,
    ) -> bytes:
        """The same over a digest made elsewhere; raises WrongPin, PinBlocked, NotOnCard (the key is not RSA)."""
        key = self.application(kind).private_key
        if key.modulus_bits is None:
            raise NotOnCard(f"the {kind} application has no RSA key")
        encode = pkcs1_block if padding is Padding.PKCS1 else pss_block
        block = encode(digest, algorithm, key.modulus_bits)
        if pin is not None:
            self.verify_pin(kind, pin)
        else:
            self._select(kind)
        self._choose_key(kind)
        command = Command(0x00, PERFORM_SECURITY_OPERATION, *COMPUTE_SIGNATURE, block, SHORT_EXPECTED_MAX)
        return must(self._processor.send(command), "signing")

    def prove_presence(self, challenge: bytes) -> bytes:
        """The presence key's answer to 32 random bytes, without PIN: ECDSA with SHA-256 as DER.

        What is signed is `hpki.card.objects.presence_message(challenge)`, never the bare challenge.
        """
        self._select(CardApplication.PRESENCE)
        command = Command(0x00, INTERNAL_AUTHENTICATE, 0x00, 0x00, challenge, SHORT_EXPECTED_MAX)
        return must(self._processor.send(command), "proving presence")

    def _by_certificate(self, directory: ApplicationDirectory) -> ApplicationDirectory:
        """Tell applications apart whose directories look alike: what a key is for, its certificate says (G31 4.3)."""
        entry = directory.end_entity
        if directory.kind is CardApplication.PRESENCE or entry is None:
            return directory
        select_application(self._processor, directory.aid)
        try:
            content = read_path(self._processor, entry.path)
            usage = (
                x509.load_der_x509_certificate(content)
                .extensions.get_extension_for_class(x509.KeyUsage)
                .value
            )
        except (CardRefused, *REFUSALS, x509.ExtensionNotFound):
            return directory
        kind = CardApplication.SIGNING if usage.content_commitment else CardApplication.AUTHENTICATION
        return replace(directory, kind=kind)

    def _choose_key(self, kind: CardApplication) -> None:
        """MSE SET: name the key as its directory entry does."""
        key = self.application(kind).private_key
        if key.key_reference is not None:
            must(self._set_key(_KEY_REFERENCE, bytes((key.key_reference,))), "choosing the key")
            return
        sfi = sfi_of_path(key.path)
        file_id = key.path[-2:] if sfi is None else sfi.to_bytes(2)  # G31 A.5: 81 02 00 17 for a path of B8
        response = self._set_key(_FILE_REFERENCE, file_id)
        if (
            response.status_word in _UNKNOWN_KEY
        ):  # software for cards in use sends the file identifier in tag 84
            response = self._set_key(_KEY_REFERENCE, file_id)
        must(response, "choosing the key")

    def _set_key(self, tag: int, reference: bytes) -> Response:
        template = bytes((tag, len(reference))) + reference
        return self._processor.send(
            Command(0x00, MANAGE_SECURITY_ENVIRONMENT, *SET_SIGNATURE_TEMPLATE, template)
        )

    def _replace_pin(self, kind: CardApplication, instruction: int, known: Secret, new: Secret) -> None:
        reference = self._pin_reference(kind)
        self._select(kind)
        secrets = padded(_pin_octets(known)) + padded(_pin_octets(new))
        response = self._processor.send(Command(0x00, instruction, 0x00, reference, secrets))
        _must_be_right(response, "replacing the PIN")

    def _read_certificate(self, kind: CardApplication, entry: CertificateObject) -> bytes:
        """The file's content; empty when the place is empty or there is no such file."""
        self._select(kind)
        try:
            return read_path(self._processor, entry.path)
        except CardRefused as refused:
            if refused.status_word == StatusWord.FILE_NOT_FOUND:
                return b""
            raise

    def _pin_reference(self, kind: CardApplication) -> int:
        password = self.application(kind).password
        if password is None:
            raise NotOnCard(f"the {kind} application has no PIN")
        return password.reference

    def _forget_proofs(self, kind: CardApplication) -> None:
        """Selecting another application makes the card forget the PINs proven in this one."""
        for each in self.applications():
            if each.kind != kind:
                self._select(each.kind)
                return

    def _select(self, kind: CardApplication) -> None:
        """Make it the current application; if it is, a PIN proven in it stays proven."""
        aid = self.application(kind).aid
        if self._selected != aid:
            self._selected = None
            select_application(self._processor, aid)
            self._selected = aid


def _pin_octets(pin: Secret) -> bytes:
    """A PIN's bytes; raises MalformedInput for what no card keyboard can type (G31: ASCII in practice)."""
    text = pin.reveal()
    if not text.isascii() or not text.isprintable() or not 4 <= len(text) <= 16:
        raise MalformedInput("PIN", "4 to 16 letters, digits or signs of the keyboard")
    return text.encode("ascii")


def _must_be_right(response: Response, doing: str) -> None:
    if response.succeeded:
        return
    if response.tries_left:
        raise WrongPin(response.tries_left)
    if response.tries_left == 0 or response.status_word in _BLOCKED:
        raise PinBlocked("no tries remain: unblock with the PUK, or ask the desk")
    raise CardRefused(doing, response.status_word)
