"""`hpki card …`: look at a card, use it, make a virtual one, put that into a reader."""

import argparse
import datetime as dt
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding as foreign_padding
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from hpki.card import pcsc
from hpki.card.client import HpkiCard
from hpki.card.directory import ApplicationDirectory
from hpki.card.emsa import Hash, Padding
from hpki.card.objects import CardApplication
from hpki.certs.describe import CertificateDescription, describe
from hpki.certs.reading import REFUSALS
from hpki.cli import card_words as words
from hpki.cli.card_making import add_making_commands
from hpki.cli.card_slot import add_slot_options, new_secret, say, secret, slot
from hpki.errors import HpkiError, MalformedInput, NotOnCard, PinBlocked, SignatureMismatch, WrongPin

if TYPE_CHECKING:
    # argparse has no public name for what add_subparsers returns.
    from argparse import _SubParsersAction

    Subparsers = _SubParsersAction[argparse.ArgumentParser]

_WITH_PIN = (CardApplication.SIGNING, CardApplication.AUTHENTICATION)
_FAILED = 1


def register(subparsers: "Subparsers") -> None:
    """Add `card` to the command's parser."""
    card = subparsers.add_parser("card", help="look at HPKI cards and use them; make virtual ones")
    commands = card.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_looking_commands(commands)
    _add_pin_commands(commands)
    _add_sign_command(commands)
    add_making_commands(commands)


def _add_looking_commands(commands: "Subparsers") -> None:
    readers = commands.add_parser("list", help="readers and the cards in them")
    readers.add_argument(
        "--lang", choices=("ja", "en"), default=words.terminal_language(), help="default: from LANG"
    )
    readers.set_defaults(run=_list)
    show = commands.add_parser("show", help="applications, certificates and PIN tries of a card")
    add_slot_options(show)
    show.add_argument("--json", action="store_true", help="print JSON instead of words")
    show.set_defaults(run=_show)
    read = commands.add_parser("read-cert", help="a certificate from the card; needs no PIN")
    add_slot_options(read)
    _add_application(read, tuple(CardApplication))
    read.add_argument(
        "--chain", action="store_true", help="the issuers' certificates on the card as well (PEM)"
    )
    read.add_argument("--der", action="store_true", help="DER instead of PEM")
    read.add_argument("--out", type=Path, metavar="FILE", help="default: standard output")
    read.set_defaults(run=_read_certificate)


def _add_pin_commands(commands: "Subparsers") -> None:
    change = commands.add_parser("change-pin", help="replace a PIN")
    unblock = commands.add_parser("unblock", help="set a new PIN with the PUK")
    for parser in (change, unblock):
        add_slot_options(parser)
        _add_application(parser, _WITH_PIN)
        parser.add_argument(
            "--new-pin-file", type=Path, metavar="FILE", help="the new PIN (default: asked twice)"
        )
    change.add_argument("--pin-file", type=Path, metavar="FILE", help="the PIN of now (default: asked)")
    change.set_defaults(run=_telling(_change_pin))
    unblock.add_argument("--puk-file", type=Path, metavar="FILE", help="the PUK (default: asked)")
    unblock.set_defaults(run=_telling(_unblock, _tell_about_puk))


def _add_sign_command(commands: "Subparsers") -> None:
    sign = commands.add_parser("sign", help="sign a file with the card; the raw RSA signature")
    sign.add_argument("file", type=Path, metavar="FILE")
    add_slot_options(sign)
    _add_application(sign, _WITH_PIN, default=CardApplication.SIGNING)
    sign.add_argument("--pin-file", type=Path, metavar="FILE", help="default: asked")
    sign.add_argument("--hash", type=Hash, choices=tuple(Hash), default=Hash.SHA256, help="default: sha256")
    sign.add_argument(
        "--padding", type=Padding, choices=tuple(Padding), default=Padding.PKCS1, help="default: pkcs1"
    )
    sign.add_argument("--out", type=Path, metavar="FILE", help="default: FILE.sig")
    sign.set_defaults(run=_telling(_sign))


def _add_application(
    parser: argparse.ArgumentParser,
    choices: tuple[CardApplication, ...],
    default: CardApplication | None = None,
) -> None:
    parser.add_argument(
        "--application",
        type=CardApplication,
        choices=choices,
        default=default,
        required=default is None,
        help=None if default is None else f"default: {default}",
    )


def _list(arguments: argparse.Namespace) -> int:
    lang: str = arguments.lang
    known = pcsc.readers()
    if not known:
        say(words.NO_READERS, lang)
    for reader in known:
        what = words.EMPTY.say(lang) if reader.atr is None else _what_is_in(reader.name, lang)
        atr = "" if reader.atr is None else f"  {reader.atr.hex()}"
        sys.stdout.write(f"{reader.name}  {what}{atr}\n")
    return 0


def _what_is_in(reader: str, lang: str) -> str:
    try:
        with pcsc.PcscCard(reader) as inserted:
            found = HpkiCard(inserted).applications()
    except HpkiError as refused:
        return str(refused)
    if not found:
        return words.NOT_HPKI.say(lang)
    return words.HAS.say(lang, kinds=" ".join(words.KINDS[each.kind].say(lang) for each in found))


def _show(arguments: argparse.Namespace) -> int:
    at = dt.datetime.now(dt.UTC)  # noqa: TID251 - a command is where the clock is read (style 2)
    with slot(arguments) as transport:
        card = HpkiCard(transport)
        shown = [_look_at(card, application, at) for application in card.applications()]
    if arguments.json:
        sys.stdout.write(json.dumps([each.as_json() for each in shown], ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.write("\n".join(each.words(arguments.lang) for each in shown))
    return 0 if shown else _FAILED


@dataclass(frozen=True)
class _ShownApplication:
    """What `show` says about one application; `tries_left` is None where there is no PIN."""

    application: ApplicationDirectory
    tries_left: int | None
    chain_length: int
    certificate: CertificateDescription | None

    def as_json(self) -> dict[str, object]:
        return {
            "application": self.application.kind.value,
            "aid": self.application.aid.hex(),
            "tries_left": self.tries_left,
            "chain_length": self.chain_length,
            "certificate": None if self.certificate is None else self.certificate.as_json(),
        }

    def words(self, lang: str) -> str:
        if self.tries_left is None:
            pin = words.NO_PIN.say(lang)
        else:
            pin = (words.TRIES_LEFT if self.tries_left else words.IS_LOCKED).say(lang, left=self.tries_left)
        rows = [("PIN", pin)] if self.certificate is None else [*self.certificate.words(lang), ("PIN", pin)]
        certificate = "" if self.certificate else f": {words.NO_CERTIFICATE.say(lang)}"
        heading = f"[{words.KINDS[self.application.kind].say(lang)}]{certificate}\n"
        return heading + "".join(f"  {label}: {value}\n" for label, value in rows)


def _look_at(card: HpkiCard, application: ApplicationDirectory, at: dt.datetime) -> _ShownApplication:
    kind = application.kind
    try:
        certificate = describe(card.certificate(kind), at=at)
    except NotOnCard:
        certificate = None
    tries_left = None if application.password is None else card.tries_left(kind)
    return _ShownApplication(application, tries_left, len(card.chain_der(kind)), certificate)


def _issuer(der: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(der)
    except REFUSALS as error:
        raise MalformedInput("an issuer's certificate on the card", str(error)) from error


def _read_certificate(arguments: argparse.Namespace) -> int:
    with slot(arguments) as transport:
        card = HpkiCard(transport)
        certificates = [card.certificate(arguments.application)]
        if arguments.chain:
            certificates += [_issuer(der) for der in card.chain_der(arguments.application)]
    encoding = Encoding.DER if arguments.der else Encoding.PEM
    content = b"".join(certificate.public_bytes(encoding) for certificate in certificates)
    if arguments.out is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        arguments.out.write_bytes(content)
    return 0


def _change_pin(arguments: argparse.Namespace) -> None:
    lang, kind = arguments.lang, words.KINDS[arguments.application].say(arguments.lang)
    with slot(arguments) as transport:
        card = HpkiCard(transport)
        card.application(arguments.application)  # a card without it is refused before anybody types
        old = secret(arguments.pin_file, words.ASK_PIN.say(lang, kind=kind), "--pin-file", lang)
        new = new_secret(
            arguments.new_pin_file, words.ASK_NEW_PIN.say(lang, kind=kind), "--new-pin-file", lang
        )
        card.change_pin(arguments.application, old=old, new=new)
    say(words.PIN_CHANGED, lang, kind=kind)


def _unblock(arguments: argparse.Namespace) -> None:
    lang, kind = arguments.lang, words.KINDS[arguments.application].say(arguments.lang)
    with slot(arguments) as transport:
        card = HpkiCard(transport)
        card.application(arguments.application)
        puk = secret(arguments.puk_file, words.ASK_PUK.say(lang), "--puk-file", lang)
        new = new_secret(
            arguments.new_pin_file, words.ASK_NEW_PIN.say(lang, kind=kind), "--new-pin-file", lang
        )
        card.unblock_pin(arguments.application, puk=puk, new=new)
    say(words.UNLOCKED, lang, kind=kind)


def _sign(arguments: argparse.Namespace) -> None:
    lang, kind = arguments.lang, arguments.application
    message = arguments.file.read_bytes()
    with slot(arguments) as transport:
        card = HpkiCard(transport)
        certificate = card.certificate(kind)
        ask = words.ASK_PIN.say(lang, kind=words.KINDS[kind].say(lang))
        pin = secret(arguments.pin_file, ask, "--pin-file", lang)
        signature = card.sign(kind, message, pin=pin, algorithm=arguments.hash, padding=arguments.padding)
    _verify(certificate, signature, message, arguments)
    path = arguments.out or arguments.file.with_name(arguments.file.name + ".sig")
    path.write_bytes(signature)
    say(words.SIGNED, lang, path=path)


def _verify(
    certificate: x509.Certificate, signature: bytes, message: bytes, arguments: argparse.Namespace
) -> None:
    """A signature that does not verify never leaves the command."""
    algorithm = {Hash.SHA256: hashes.SHA256(), Hash.SHA384: hashes.SHA384(), Hash.SHA512: hashes.SHA512()}[
        arguments.hash
    ]
    try:
        public_key = certificate.public_key()
    except REFUSALS as unreadable:
        raise MalformedInput("the card's certificate", str(unreadable)) from unreadable
    scheme: foreign_padding.AsymmetricPadding = foreign_padding.PKCS1v15()
    if arguments.padding is Padding.PSS:
        scheme = foreign_padding.PSS(foreign_padding.MGF1(algorithm), foreign_padding.PSS.DIGEST_LENGTH)
    try:
        if not isinstance(public_key, rsa.RSAPublicKey):
            raise SignatureMismatch("the card's certificate has no RSA key")
        public_key.verify(signature, message, scheme, algorithm)
    except InvalidSignature as error:
        raise SignatureMismatch("the card's signature does not verify with its certificate") from error


def _tell_about_pin(arguments: argparse.Namespace, refused: WrongPin | PinBlocked) -> str:
    kind = words.KINDS[arguments.application].say(arguments.lang)
    if isinstance(refused, WrongPin):
        return words.WRONG_PIN.say(arguments.lang, kind=kind, left=refused.tries_left)
    return words.LOCKED.say(arguments.lang, kind=kind, name=arguments.application.value)


def _tell_about_puk(arguments: argparse.Namespace, refused: WrongPin | PinBlocked) -> str:
    if isinstance(refused, WrongPin):
        return words.WRONG_PUK.say(arguments.lang, left=refused.tries_left)
    return words.PUK_LOCKED.say(arguments.lang)


def _telling(
    command: Callable[[argparse.Namespace], None],
    tell: Callable[[argparse.Namespace, WrongPin | PinBlocked], str] = _tell_about_pin,
) -> Callable[[argparse.Namespace], int]:
    """A command whose refusals about a PIN say what the holder can do."""

    def run(arguments: argparse.Namespace) -> int:
        try:
            command(arguments)
        except (WrongPin, PinBlocked) as refused:
            sys.stderr.write(f"hpki: {tell(arguments, refused)}\n")
            return _FAILED
        return 0

    return run
