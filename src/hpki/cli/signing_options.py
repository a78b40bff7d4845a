"""The options of commands that sign and stamp: which key, what is claimed, which time-stamp authority."""

import argparse
import contextlib
import datetime as dt
import hashlib
import importlib.util
import ipaddress
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hpki import oids
from hpki.card.client import HpkiCard
from hpki.certs.wording import Words
from hpki.cli import card_words, inputs, page
from hpki.cli.card_slot import secret, secret_in, slot
from hpki.errors import MalformedInput
from hpki.keys.reference import SoftwareKey, TokenKey, open_signer
from hpki.signatures.algorithms import SHA_256
from hpki.signatures.card_signer import card_unit
from hpki.signatures.claims import Claims, SigningUnit
from hpki.signatures.facts import PolicyReference
from hpki.signatures.time_stamping import TimeStamper
from hpki.signatures.tsa_client import TsaClient
from hpki.validation.facts import read_certificate

COMMITMENTS: Final = {
    "origin": oids.PROOF_OF_ORIGIN,
    "receipt": oids.PROOF_OF_RECEIPT,
    "delivery": oids.PROOF_OF_DELIVERY,
    "sender": oids.PROOF_OF_SENDER,
    "approval": oids.PROOF_OF_APPROVAL,
    "creation": oids.PROOF_OF_CREATION,
}
_KIND: Final = Words("署名", "signing")
_MOST_POLICY_OCTETS: Final = 16 * 1024 * 1024


def add_key(command: argparse.ArgumentParser) -> None:
    """Who signs: a key file, a key in a token, or a card."""
    group = command.add_argument_group("key")
    group.add_argument("--key", type=Path, metavar="FILE", help="an encrypted key file")
    group.add_argument("--pkcs11", type=Path, metavar="MODULE", help="a PKCS#11 module")
    group.add_argument("--token", metavar="LABEL", help="the token's label")
    group.add_argument("--key-label", metavar="LABEL", help="the key's label in the token")
    group.add_argument("--card", type=Path, metavar="FILE", help="a virtual card's file instead of a reader")
    group.add_argument(
        "--reader", metavar="NAME", help="part of a reader's name (default: the first with a card)"
    )
    group.add_argument("--passphrase-file", type=Path, metavar="FILE", help="opens the key or card file")
    group.add_argument(
        "--pin-file", type=Path, metavar="FILE", help="the PIN of token or card (default: asked)"
    )
    group.add_argument(
        "--certificate",
        type=Path,
        metavar="FILE",
        help="the signer's certificate and those above it (PEM); a card brings its own",
    )
    command.set_defaults(trace=False)


def add_claims(command: argparse.ArgumentParser) -> None:
    """What is claimed beside the content."""
    group = command.add_argument_group("signed attributes")
    group.add_argument("--role", action="append", default=[], metavar="TEXT", help="a role that is claimed")
    group.add_argument("--commitment", choices=sorted(COMMITMENTS), help="what the signature means")
    group.add_argument("--signature-policy", metavar="OID=FILE", help="the signature policy and its text")


def add_stamping(command: argparse.ArgumentParser, *, is_needed: bool = False) -> None:
    """Which time-stamp authority."""
    command.add_argument(
        "--tsa", metavar="URL", required=is_needed, help="the time-stamp authority's address"
    )
    command.add_argument(
        "--reach",
        action="append",
        default=[],
        type=ipaddress.ip_network,
        metavar="NETWORK",
        help="a private network that may be asked, such as 10.1.0.0/16",
    )


@contextlib.contextmanager
def signing_unit(arguments: argparse.Namespace) -> Iterator[SigningUnit]:
    """The key that the options name, for the length of a `with` block.

    Raises MalformedInput, OSError, KeyUnavailable, WrongPassphrase, CardError.
    """
    lang = arguments.lang
    if arguments.key is None and arguments.pkcs11 is None:
        with slot(arguments) as transport:
            asked = card_words.ASK_PIN.say(lang, kind=_KIND.in_language(lang))
            yield card_unit(HpkiCard(transport), secret(arguments.pin_file, asked, "--pin-file", lang))
        return
    if arguments.certificate is None:
        raise MalformedInput("--certificate", "the signer's certificate is needed beside the key")
    leaf, *above = (read_certificate(each) for each in inputs.certificate_ders(arguments.certificate))
    if arguments.key is not None:
        words = card_words.ASK_PASSPHRASE.say(lang)
        opened = open_signer(
            SoftwareKey(arguments.key), secret(arguments.passphrase_file, words, "--passphrase-file", lang)
        )
    else:
        if arguments.token is None or arguments.key_label is None:
            raise MalformedInput("--pkcs11", "--token and --key-label say which key")
        pin = None if arguments.pin_file is None else secret_in(arguments.pin_file)
        opened = open_signer(TokenKey(arguments.pkcs11, arguments.token, arguments.key_label), pin)
    yield SigningUnit(opened, leaf, tuple(above))


def claims(arguments: argparse.Namespace, signed_at: dt.datetime) -> Claims:
    """What is claimed.  Raises MalformedInput and OSError."""
    commitment = () if arguments.commitment is None else (COMMITMENTS[arguments.commitment].dotted_string,)
    return Claims(signed_at, tuple(arguments.role), commitment, _policy(arguments.signature_policy))


def time_stamper(arguments: argparse.Namespace) -> TimeStamper:
    """The authority that `--tsa` names.  Raises MalformedInput without one or where fetching is not installed."""
    if arguments.tsa is None:
        raise MalformedInput("--tsa", "the address of a time-stamp authority is needed")
    if importlib.util.find_spec("httpcore") is None:
        raise MalformedInput("--tsa", "asking needs openhpki[online]")
    from hpki.http import HttpFetcher

    return TsaClient(HttpFetcher(reachable=arguments.reach), arguments.tsa)


def _policy(stated: str | None) -> PolicyReference | None:
    if stated is None:
        return None
    identifier, _, path = stated.partition("=")
    if not path:
        raise MalformedInput("--signature-policy", "it is written OID=FILE")
    text = page.read_bounded(Path(path), _MOST_POLICY_OCTETS)
    return PolicyReference(identifier, SHA_256, hashlib.sha256(text).digest())
