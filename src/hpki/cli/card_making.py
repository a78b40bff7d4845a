"""`hpki card personalise` and `hpki card serve`: a virtual card from nothing, and into a reader."""

import argparse
import contextlib
import datetime as dt
import secrets
import signal
import sys
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hpki.card import vpcd
from hpki.card.layouts import Layout
from hpki.card.objects import CardApplication
from hpki.card.personalise import CardCertificates, CardPins, Personalisation, PublicKeys, personalise
from hpki.card.piv_view import PivView
from hpki.card.pkcs15_view import Pkcs15View
from hpki.card.virtual import VirtualCard
from hpki.certs.reading import REFUSALS
from hpki.cli import card_words as words
from hpki.cli.card_slot import add_slot_options, beside_card, passphrase, say, secret_in
from hpki.cli.demo_authority import DemoAuthority, DemoHolder
from hpki.errors import MalformedInput

if TYPE_CHECKING:
    # argparse has no public name for what add_subparsers returns.
    from argparse import _SubParsersAction

    Subparsers = _SubParsersAction[argparse.ArgumentParser]

_FAILED = 1
_PIN_DIGITS, _PUK_DIGITS = 6, 10  # a PIV view takes PINs of at most eight


class View(StrEnum):
    """What a served card shows beside its HPKI applications."""

    HPKI = "hpki"
    PKCS15 = "pkcs15"
    PIV = "piv"
    ALL = "all"


def add_making_commands(commands: "Subparsers") -> None:
    """Add `personalise` and `serve`."""
    make = commands.add_parser(
        "personalise",
        help="make a complete virtual card",
        description="Makes a virtual card with keys, certificates of a throw-away authority, PINs and PUK; every "
        "file it needs later is written beside it. With --public-keys and then --certificates, "
        "another authority issues the certificates.",
    )
    add_slot_options(make, card_file_only=True)
    make.add_argument("--layout", type=Layout, choices=tuple(Layout), default=Layout.JMA, help="default: jma")
    make.add_argument(
        "--card-id", default="00-0000001-0", help="the number printed on it (default: %(default)s)"
    )
    make.add_argument("--holder", default="Hanako Iryo", help="name in Latin letters (default: %(default)s)")
    make.add_argument("--hcrole", default="Medical Doctor", help="qualification (default: %(default)s)")
    steps = make.add_mutually_exclusive_group()
    steps.add_argument(
        "--public-keys", type=Path, metavar="FOLDER", help="only make the keys and write them there"
    )
    steps.add_argument(
        "--certificates", type=Path, metavar="FOLDER", help="use the certificates in there (PEM)"
    )
    make.set_defaults(run=_personalise)
    serve = commands.add_parser(
        "serve",
        help="put a virtual card into pcscd (vpcd)",
        description="Views: hpki is the card as it is; pkcs15 adds files that OpenSC reads; piv adds a PIV "
        "application. OpenSC takes the first driver that knows a card and asks for PIV before PKCS#15, so with "
        "'all' it shows PIV only. vpcd listens on every address without a password: "
        "run pcscd in a network namespace of its own.",
    )
    add_slot_options(serve, card_file_only=True)
    serve.add_argument("--view", type=View, choices=tuple(View), default=View.PKCS15, help="default: pkcs15")
    serve.add_argument("--host", default=vpcd.HOST, help="where vpcd listens (default: %(default)s)")
    serve.add_argument("--port", type=int, default=vpcd.PORT, help="default: %(default)s")
    serve.set_defaults(run=_serve)


def _serve(arguments: argparse.Namespace) -> int:
    with contextlib.ExitStack() as stack:
        card = stack.enter_context(VirtualCard.open(arguments.card, passphrase(arguments)))
        if arguments.view in {View.PKCS15, View.ALL}:
            card.register(Pkcs15View(), default=True)
        if arguments.view in {View.PIV, View.ALL}:
            card.register(PivView())
        connection = stack.enter_context(vpcd.connect(arguments.host, arguments.port))
        signal.signal(
            signal.SIGTERM, signal.default_int_handler
        )  # pulled as by Ctrl-C: the card's file is closed
        say(words.IN_READER, arguments.lang, view=arguments.view)
        sys.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            vpcd.serve(card, connection)
    return 0


def _personalise(arguments: argparse.Namespace) -> int:
    path: Path = arguments.card
    issuer_file = beside_card(path, "issuer-secret")
    with _new_or_begun(arguments, issuer_file) as card:
        if card.is_operational:
            sys.stderr.write(f"hpki: {words.ALREADY_MADE.say(arguments.lang, path=path)}\n")
            return _FAILED
        issuer_secret = secret_in(issuer_file)
        if arguments.public_keys is not None:
            _write_public_keys(Personalisation(card, issuer_secret).generate_keys(), arguments.public_keys)
            say(words.KEYS_MADE, arguments.lang, path=path, folder=arguments.public_keys)
            return 0
        certify = _given(arguments.certificates) if arguments.certificates else _demonstration(arguments)
        pins = _pins(
            path
        )  # written to their files before the card is locked: a PIN that nobody knows is no use
        made = personalise(card, issuer_secret, certify=certify, pins=pins)
    issuer_file.unlink()
    _report(arguments, made.card_id)
    return 0


def _new_or_begun(arguments: argparse.Namespace, issuer_file: Path) -> VirtualCard:
    """A new card file, or the one that an earlier run began."""
    path: Path = arguments.card
    if path.exists():
        return VirtualCard.open(path, passphrase(arguments))
    _write_secret(issuer_file, secrets.token_urlsafe(24))
    if arguments.passphrase_file is None:
        _write_secret(beside_card(path, "passphrase"), secrets.token_urlsafe(24))
    return VirtualCard.create(
        path,
        layout=arguments.layout,
        card_id=arguments.card_id,
        passphrase=passphrase(arguments),
        admin=secret_in(issuer_file),
    )


def _demonstration(
    arguments: argparse.Namespace,
) -> Callable[[PublicKeys], Mapping[CardApplication, CardCertificates]]:
    at = dt.datetime.now(dt.UTC)  # noqa: TID251 - a command is where the clock is read (style 2)
    holder = DemoHolder(arguments.holder, arguments.card_id, arguments.hcrole)

    def certify(keys: PublicKeys) -> Mapping[CardApplication, CardCertificates]:
        authority = DemoAuthority(at)
        folder = beside_card(arguments.card, "authorities")
        folder.mkdir(exist_ok=True)
        for name, certificate in authority.certificates.items():
            (folder / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        return authority.certify(keys, holder)

    return certify


def _given(folder: Path) -> Callable[[PublicKeys], Mapping[CardApplication, CardCertificates]]:
    """Certificates that another authority made: signing.crt, authentication.crt, presence.crt; NAME-ca.crt, root-ca.crt."""

    def certify(keys: PublicKeys) -> Mapping[CardApplication, CardCertificates]:
        root = folder / "root-ca.crt"
        return {
            kind: CardCertificates(
                end_entity=_read_der(folder / f"{kind}.crt"),
                root=_read_der(root) if root.exists() else None,
                issuer=_read_der(above) if (above := folder / f"{kind}-ca.crt").exists() else None,
            )
            for kind in keys
        }

    return certify


def _read_der(path: Path) -> bytes:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER)
    except REFUSALS as error:
        raise MalformedInput(str(path), f"not a certificate in PEM: {error}") from error


def _write_public_keys(keys: PublicKeys, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for kind, key in keys.items():
        pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (folder / f"{kind}.pub.pem").write_bytes(pem)


def _pins(card: Path) -> CardPins:
    """Random PINs in files beside the card; those of an interrupted run are kept."""
    digits = {
        _pin_file(card, kind): _PIN_DIGITS
        for kind in (CardApplication.SIGNING, CardApplication.AUTHENTICATION)
    }
    for file, count in {**digits, beside_card(card, "puk"): _PUK_DIGITS}.items():
        if not file.exists():
            _write_secret(file, "".join(secrets.choice("0123456789") for _ in range(count)))
    return CardPins(
        signing=secret_in(_pin_file(card, CardApplication.SIGNING)),
        authentication=secret_in(_pin_file(card, CardApplication.AUTHENTICATION)),
        puk=secret_in(beside_card(card, "puk")),
    )


def _pin_file(card: Path, kind: CardApplication) -> Path:
    return beside_card(card, f"{kind}.pin")


def _write_secret(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text + "\n", encoding="utf-8")


def _report(arguments: argparse.Namespace, card_id: str) -> None:
    path, lang = arguments.card, arguments.lang
    sentence = words.MADE_WITH_GIVEN if arguments.certificates else words.MADE
    say(sentence, lang, card_id=card_id, path=path, layout=arguments.layout)
    files = {beside_card(path, "puk"): words.WHAT_PUK.say(lang)}
    for kind in (CardApplication.SIGNING, CardApplication.AUTHENTICATION):
        files[_pin_file(path, kind)] = words.WHAT_PIN.say(lang, kind=words.KINDS[kind].say(lang))
    if arguments.passphrase_file is None:
        files[beside_card(path, "passphrase")] = words.WHAT_PASSPHRASE.say(lang)
    if not arguments.certificates:
        files[beside_card(path, "authorities")] = words.WHAT_AUTHORITIES.say(lang)
    for file, what in files.items():
        say(words.FILES, lang, path=file, what=what)
    say(words.NEXT, lang)
    for command in (
        f"hpki card show --card {path}",
        f"hpki card sign FILE --card {path} --pin-file {_pin_file(path, CardApplication.SIGNING)}",
        f"hpki card serve --card {path} --view pkcs15",
    ):
        sys.stdout.write(f"  {command}\n")
