"""The options of every command that judges: whom we trust, and what is at hand."""

import argparse
import datetime as dt
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from hpki.cli import inputs, page
from hpki.validation.evidence import Evidence
from hpki.validation.policy import TrustAnchor


@dataclass(frozen=True)
class AtHand:
    """What the options gave."""

    anchors: list[TrustAnchor]
    evidence: Evidence


def add_evidence(command: argparse.ArgumentParser, *, needs_trust: bool = True) -> None:
    """Trust anchors, certificates between, revocation data."""
    files = {
        "--trust": "certificates we start from, or a signed trust list",
        "--untrusted": "certificates that may stand between",
        "--crl": "revocation lists",
        "--ocsp": "OCSP answers (DER)",
    }
    for name, meaning in files.items():
        command.add_argument(
            name,
            action="extend",
            nargs="+",
            type=Path,
            default=[],
            required=needs_trust and name == "--trust",
            metavar="FILE",
            help=meaning,
        )
    command.add_argument(
        "--trust-key", type=Path, metavar="FILE", help="the trust list publisher's key (PEM)"
    )


def add_fetching(command: argparse.ArgumentParser) -> None:
    """Whether and where anything is fetched."""
    command.add_argument("--offline", action="store_true", help="fetch nothing")
    command.add_argument(
        "--reach",
        action="append",
        default=[],
        type=ipaddress.ip_network,
        metavar="NETWORK",
        help="a private network that may be asked, such as 10.1.0.0/16",
    )


def add_moment(command: argparse.ArgumentParser) -> None:
    """The moment of judging."""
    command.add_argument(
        "--at",
        type=page.moment,
        metavar="TIME",
        help="the moment (ISO 8601, UTC unless it says its offset); default: now",
    )


def add_words(command: argparse.ArgumentParser) -> None:
    """How the outcome is told."""
    command.add_argument("--json", action="store_true", help="print JSON instead of words")
    command.add_argument("--lang", choices=("ja", "en"), help="language of the words (default: from LANG)")


def at_hand(arguments: argparse.Namespace, now: dt.datetime) -> AtHand:
    """What the options gave, read.  Raises MalformedInput, TrustListRefused, OSError."""
    key = None if arguments.trust_key is None else inputs.publisher_key(arguments.trust_key)
    anchors = inputs.anchors_from(arguments.trust, key, now)
    return AtHand(anchors, inputs.evidence_from(arguments.untrusted, arguments.crl, arguments.ocsp))
