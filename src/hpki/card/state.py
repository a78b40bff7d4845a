"""Everything a virtual card keeps without power, as one frozen value and as bytes."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final

from hpki.card.application import ChainLink
from hpki.card.layouts import Layout
from hpki.card.objects import CardApplication
from hpki.card.pins import Password
from hpki.errors import CardStateCorrupt

_VERSION: Final = 1


class Lifecycle(IntEnum):
    """Where the card stands (ISO/IEC 7816-4:2020, 7.4.10 has the same two numbers)."""

    FRESH = 0x01
    OPERATIONAL = 0x05


CertificatePlace = tuple[CardApplication, ChainLink]


@dataclass(frozen=True)
class CardState:
    """One moment of the card's memory; keys are PKCS#8, certificates DER."""

    card_id: str
    layout: Layout
    admin: Password
    lifecycle: Lifecycle = Lifecycle.FRESH
    pins: Mapping[CardApplication, Password] = field(default_factory=dict)
    puks: Mapping[CardApplication, Password] = field(default_factory=dict)
    keys: Mapping[CardApplication, bytes] = field(default_factory=dict, repr=False)
    certificates: Mapping[CertificatePlace, bytes] = field(default_factory=dict, repr=False)

    def encode(self) -> bytes:
        """The state as bytes; they are secret."""
        return json.dumps(
            {
                "version": _VERSION,
                "card_id": self.card_id,
                "layout": self.layout.value,
                "lifecycle": int(self.lifecycle),
                "admin": _password_fields(self.admin),
                "pins": {of.value: _password_fields(pin) for of, pin in self.pins.items()},
                "puks": {of.value: _password_fields(puk) for of, puk in self.puks.items()},
                "keys": {of.value: _text(key) for of, key in self.keys.items()},
                "certificates": [
                    [of.value, int(link), _text(der)] for (of, link), der in self.certificates.items()
                ],
            },
            separators=(",", ":"),
        ).encode()


def read_state(encoded: bytes) -> CardState:
    """Read `CardState.encode`.  Raises CardStateCorrupt for anything else, another version included."""
    try:
        fields = json.loads(encoded)
        if fields["version"] != _VERSION:
            raise CardStateCorrupt(
                f"the card's state has version {fields['version']}, this program knows {_VERSION}"
            )
        return CardState(
            card_id=str(fields["card_id"]),
            layout=Layout(fields["layout"]),
            lifecycle=Lifecycle(fields["lifecycle"]),
            admin=_password(fields["admin"]),
            pins={CardApplication(of): _password(pin) for of, pin in fields["pins"].items()},
            puks={CardApplication(of): _password(puk) for of, puk in fields["puks"].items()},
            keys={CardApplication(of): _octets(key) for of, key in fields["keys"].items()},
            certificates={
                (CardApplication(of), ChainLink(link)): _octets(der)
                for of, link, der in fields["certificates"]
            },
        )
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise CardStateCorrupt("the card's state cannot be read") from error


def _password_fields(password: Password) -> list[str | int]:
    return [_text(password.salt), _text(password.digest), password.tries_left, password.tries_max]


def _password(fields: Any) -> Password:  # noqa: ANN401 - JSON, checked here
    salt, digest, left, most = fields
    if not (isinstance(left, int) and isinstance(most, int) and 0 <= left <= most <= 15):
        raise CardStateCorrupt("a retry counter in the card's state makes no sense")
    return Password(_octets(salt), _octets(digest), left, most)


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


def _octets(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
