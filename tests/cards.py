"""花子's card, and cards that misbehave: what every test about cards puts into its reader."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from hpki.card.layouts import Layout
from hpki.card.objects import CardApplication
from hpki.card.personalise import CardCertificates, CardPins, PublicKeys, personalise
from hpki.card.transport import CardTransport
from hpki.card.virtual import VirtualCard
from hpki.errors import CardUnavailable
from hpki.issuance import profiles
from hpki.issuance.profiles import Profile
from hpki.keys.secret import Secret
from tests import pki

CARD_ID = "33-0000001-6"
PASSPHRASE = Secret("a card file's passphrase")
ISSUER_SECRET = Secret("the issuer's secret")
SIGNING_PIN = Secret("123456")
AUTHENTICATION_PIN = Secret("4321")
PUK = Secret("1234567890")
WRONG = Secret("999999")
PINS = CardPins(signing=SIGNING_PIN, authentication=AUTHENTICATION_PIN, puk=PUK)
PIN_OF = {CardApplication.SIGNING: SIGNING_PIN, CardApplication.AUTHENTICATION: AUTHENTICATION_PIN}
PROFILE_OF: Mapping[CardApplication, Profile] = {
    CardApplication.SIGNING: profiles.SIGNING,
    CardApplication.AUTHENTICATION: profiles.AUTHENTICATION,
    CardApplication.PRESENCE: profiles.PRESENCE,
}


@cache
def hierarchy() -> pki.Hierarchy:
    """The authorities that issue for test cards, made once."""
    return pki.hierarchy()


def certify(keys: PublicKeys) -> Mapping[CardApplication, CardCertificates]:
    """Certificates of 花子 for the keys that a card made."""
    issuers = hierarchy()
    root = issuers.root.issuer.certificate.public_bytes(Encoding.DER)
    return {
        kind: CardCertificates(
            end_entity=issuers.issue(PROFILE_OF[kind], key).public_bytes(Encoding.DER),
            root=root,
            issuer=issuers.authority_for(PROFILE_OF[kind]).issuer.certificate.public_bytes(Encoding.DER),
        )
        for kind, key in keys.items()
    }


def blank_card(path: Path, layout: Layout = Layout.JMA) -> VirtualCard:
    """A card as the factory delivers it; close it, or use it in a `with` block."""
    return VirtualCard.create(
        path, layout=layout, card_id=CARD_ID, passphrase=PASSPHRASE, admin=ISSUER_SECRET
    )


def made_card(path: Path, layout: Layout = Layout.JMA) -> VirtualCard:
    """花子's personalised card, ready to be used; made once a test run and copied, as RSA keys are slow to make."""
    path.write_bytes(_made_card(layout))
    return VirtualCard.open(path, PASSPHRASE)


@cache
def _made_card(layout: Layout) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "card"
        with blank_card(path, layout) as card:
            personalise(card, ISSUER_SECRET, certify=certify, pins=PINS)
        return path.read_bytes()


@dataclass
class PulledCard:
    """A card that is pulled out of its reader after so many commands."""

    card: CardTransport
    commands_left: int

    def transmit(self, command: bytes) -> bytes:
        if not self.commands_left:
            raise CardUnavailable("the card was pulled")
        self.commands_left -= 1
        return self.card.transmit(command)


@dataclass
class LyingReader:
    """A reader that changes answers on their way."""

    card: CardTransport
    change: Callable[[bytes, bytes], bytes]

    def transmit(self, command: bytes) -> bytes:
        return self.change(command, self.card.transmit(command))
