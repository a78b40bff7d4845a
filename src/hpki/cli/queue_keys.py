"""Whose keys `hpki sign queue` uses: both of a card, or two in PKCS#11 tokens, one to sign in and one to sign."""

import argparse
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hpki.card.client import HpkiCard
from hpki.card.objects import CardApplication
from hpki.cli import card_words, inputs
from hpki.cli.card_slot import add_slot_options, secret, slot
from hpki.errors import MalformedInput
from hpki.keys.reference import TokenKey, open_signer
from hpki.keys.secret import Secret
from hpki.signatures.card_signer import authentication_unit, card_unit
from hpki.signatures.claims import SigningUnit
from hpki.validation.facts import read_certificate


@dataclass(frozen=True)
class QueueKeys:
    """`signing` asks for its PIN, so it is called after the yes, and once."""

    authentication: SigningUnit
    signing: Callable[[], SigningUnit]


def add_queue_keys(command: argparse.ArgumentParser) -> None:
    """A card, as for `hpki card`, or keys in tokens."""
    command.add_argument("--pin-file", type=Path, metavar="FILE", help="the signing PIN (default: asked)")
    command.add_argument(
        "--authentication-pin-file", type=Path, metavar="FILE", help="the authentication PIN (default: asked)"
    )
    add_slot_options(command)
    group = command.add_argument_group("keys in a PKCS#11 token instead of a card")
    group.add_argument("--pkcs11", type=Path, metavar="MODULE", help="a PKCS#11 module")
    group.add_argument("--token", metavar="LABEL", help="the label of the token with the signing key")
    group.add_argument("--key-label", metavar="LABEL", help="the signing key's label")
    group.add_argument(
        "--certificate", type=Path, metavar="FILE", help="its certificate and those above it (PEM)"
    )
    group.add_argument(
        "--authentication-token",
        metavar="LABEL",
        help="the token with the authentication key (default: the same, with the same PIN)",
    )
    group.add_argument("--authentication-key-label", metavar="LABEL", help="the authentication key's label")
    group.add_argument("--authentication-certificate", type=Path, metavar="FILE", help="its certificate")


@contextlib.contextmanager
def queue_keys(arguments: argparse.Namespace) -> Iterator[QueueKeys]:
    """The keys that the options name, for the length of a `with` block.

    Raises MalformedInput, OSError, KeyUnavailable, WrongPassphrase, CardError.
    """
    if arguments.pkcs11 is not None:
        yield _in_tokens(arguments)
        return
    with slot(arguments) as transport:
        card = HpkiCard(transport)
        yield QueueKeys(
            authentication_unit(card, _authentication_pin(arguments)),
            lambda: card_unit(card, _signing_pin(arguments)),
        )


def _in_tokens(arguments: argparse.Namespace) -> QueueKeys:
    for option in (
        "token",
        "key_label",
        "certificate",
        "authentication_key_label",
        "authentication_certificate",
    ):
        if getattr(arguments, option) is None:
            raise MalformedInput(
                f"--{option.replace('_', '-')}", "signing in and signing need a key and its certificate each"
            )
    own = arguments.authentication_token
    is_one = own is None or own == arguments.token
    # Of one token one PIN opens both keys.
    pin = _signing_pin(arguments) if is_one else _authentication_pin(arguments)
    return QueueKeys(
        _token_unit(
            TokenKey(arguments.pkcs11, own or arguments.token, arguments.authentication_key_label),
            pin,
            arguments.authentication_certificate,
            "--authentication-certificate",
        ),
        lambda: _token_unit(
            TokenKey(arguments.pkcs11, arguments.token, arguments.key_label),
            pin if is_one else _signing_pin(arguments),
            arguments.certificate,
            "--certificate",
        ),
    )


def _token_unit(key: TokenKey, pin: Secret, certificate: Path, option: str) -> SigningUnit:
    leaf, *above = (read_certificate(each) for each in inputs.certificate_ders(certificate))
    signer = open_signer(key, pin)
    if signer.public_key() != leaf.certificate.public_key():
        raise MalformedInput(option, f"its first certificate is not that of the key {key.key_label!r}")
    return SigningUnit(signer, leaf, tuple(above))


def _authentication_pin(arguments: argparse.Namespace) -> Secret:
    asked = _ask_for(CardApplication.AUTHENTICATION, arguments.lang)
    return secret(arguments.authentication_pin_file, asked, "--authentication-pin-file", arguments.lang)


def _signing_pin(arguments: argparse.Namespace) -> Secret:
    asked = _ask_for(CardApplication.SIGNING, arguments.lang)
    return secret(arguments.pin_file, asked, "--pin-file", arguments.lang)


def _ask_for(application: CardApplication, lang: str) -> str:
    return card_words.ASK_PIN.say(lang, kind=card_words.KINDS[application].say(lang))
