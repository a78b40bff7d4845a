"""`hpki cert show FILE`: a certificate or revocation list in people's words, or as JSON."""

import argparse
import datetime as dt
import json
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography import x509

from hpki.certs import wording
from hpki.certs.describe import CertificateDescription, describe
from hpki.certs.describe_crl import CrlDescription, describe_crl
from hpki.certs.reading import REFUSALS
from hpki.certs.remarks import Remark
from hpki.cli import page
from hpki.cli.card_words import terminal_language
from hpki.errors import MalformedInput

if TYPE_CHECKING:
    # argparse has no public name for what add_subparsers returns.
    from argparse import _SubParsersAction

# A list of a hundred thousand revoked certificates takes 5 MB; a certificate a few KB.
MOST_OCTETS: Final = 16 * 1024 * 1024
MOST_CERTIFICATE_OCTETS: Final = 64 * 1024

_PEM_CERTIFICATE: Final = b"-----BEGIN CERTIFICATE-----"
_PEM_CRL: Final = b"-----BEGIN X509 CRL-----"
_FURTHER: Final = wording.Words(
    "ファイルの最初の 1 件だけを表示しました。ほかに {further} 件あります。",
    "Only the first of the file is shown; {further} more stand in it.",
)


def register(subparsers: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `cert` to the command's parser."""
    cert = subparsers.add_parser("cert", help="look at certificates")
    commands = cert.add_subparsers(title="commands", required=True, metavar="COMMAND")
    show = commands.add_parser("show", help="say what a certificate or revocation list contains (DER or PEM)")
    show.add_argument("file", type=Path, metavar="FILE", help="the file; `-` reads standard input")
    show.add_argument("--json", action="store_true", help="print JSON instead of words")
    show.add_argument("--lang", choices=("ja", "en"), help="language of the words (default: from LANG)")
    show.add_argument(
        "--at",
        type=page.moment,
        metavar="TIME",
        help="judge validity at this moment (ISO 8601) instead of now",
    )
    show.set_defaults(run=_show)


def _show(arguments: argparse.Namespace) -> int:
    at = arguments.at or dt.datetime.now(dt.UTC)  # noqa: TID251 - a command is where the clock is read (style 2)
    content = page.read_bounded(arguments.file, MOST_OCTETS)
    description = _describe(content, at)
    further = content.count(_PEM_CERTIFICATE) + content.count(_PEM_CRL) - 1
    if further > 0:
        sentence = _FURTHER.in_language(arguments.lang or terminal_language())
        sys.stderr.write(f"hpki: {sentence.format(further=further)}\n")
    if arguments.json:
        sys.stdout.write(json.dumps(description.as_json(), ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.write(_page(description, arguments.lang or terminal_language()))
    return 0


def _describe(content: bytes, at: dt.datetime) -> CertificateDescription | CrlDescription:
    with warnings.catch_warnings():
        # cryptography warns of odd values (a negative serial, a long name); what matters of them is in our own warnings.
        warnings.simplefilter("ignore")
        if _PEM_CRL in content:
            return describe_crl(_load_crl(content), at=at)
        if _PEM_CERTIFICATE in content:
            return describe(_load_certificate(content), at=at)
        try:
            return describe(_load_certificate(content), at=at)
        except MalformedInput as no_certificate:
            try:
                revocation_list = _load_crl(content)
            except MalformedInput as no_crl:
                raise MalformedInput(
                    "input", f"neither a certificate ({no_certificate.why}) nor a CRL ({no_crl.why})"
                ) from no_crl
            return describe_crl(revocation_list, at=at)


def _load_certificate(content: bytes) -> x509.Certificate:
    is_pem = _PEM_CERTIFICATE in content
    if not is_pem and len(content) > MOST_CERTIFICATE_OCTETS:
        raise MalformedInput("certificate", f"more than {MOST_CERTIFICATE_OCTETS} octets")
    try:
        return x509.load_pem_x509_certificate(content) if is_pem else x509.load_der_x509_certificate(content)
    except REFUSALS as refused:
        raise MalformedInput("certificate", str(refused)) from refused


def _load_crl(content: bytes) -> x509.CertificateRevocationList:
    try:
        return x509.load_pem_x509_crl(content) if _PEM_CRL in content else x509.load_der_x509_crl(content)
    except REFUSALS as refused:
        raise MalformedInput("revocation list", str(refused)) from refused


def _page(description: CertificateDescription | CrlDescription, lang: str) -> str:
    kind = wording.LABELS["crl" if isinstance(description, CrlDescription) else "certificate"]
    rows = description.words(lang)
    rows.append((wording.LABELS["warnings"].in_language(lang), Remark("not_judged").sentence(lang)))
    return page.table(kind.in_language(lang), rows)
