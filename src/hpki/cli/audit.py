"""`hpki audit prove | check`: that a line stands in an audit chain, and that the chain only grew.

Exit codes: 0 done or proven, 1 it does not hold, 3 the command is written wrongly.
"""

import argparse
import ipaddress
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from hpki.audit import merkle
from hpki.audit.proof_file import (
    MOST_OCTETS,
    GrowthProof,
    LineProof,
    Proof,
    check_proof,
    path_of,
    read_object,
    read_proof,
)
from hpki.audit.proofs import consistency_proof, inclusion_proof
from hpki.audit.tree_file import read_tree
from hpki.audit.tree_head import SignedHead, octets_of, read_head
from hpki.certs.printing import printable
from hpki.certs.wording import Words
from hpki.cli import page
from hpki.cli.card_words import terminal_language
from hpki.errors import MalformedInput, ProofFailed, Unreachable
from hpki.issuance.timestamp_token import prove_token

if TYPE_CHECKING:
    # argparse has no public name for what add_subparsers returns.
    from argparse import _SubParsersAction

_MOST_LINE_OCTETS: Final = 64 * 1024
_SECONDS: Final = 20.0
# The address is typed by whoever runs the command, so it may be one of the own network.
_EVERYWHERE: Final = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))

_TITLE: Final = Words("監査記録の証明", "Proof about the audit chain")
_HEAD: Final = Words("ツリーヘッド", "tree head")
_LINE: Final = Words("記録", "line")
_TEXT: Final = Words("記録の内容", "contents of the line")
_GROWTH: Final = Words("追記のみ", "only grew")
_STAMP: Final = Words("時刻認証", "time-stamp")
_HEAD_HOLDS: Final = Words("{size}行、{at}、署名は正しい", "{size} lines, {at}, the signature holds")
_LINE_HOLDS: Final = Words("{sequence}行目はこのヘッドに含まれる", "line {sequence} is in this head's tree")
_TEXT_HOLDS: Final = Words("与えられた内容はその行のもの", "the given contents are those of the line")
_GROWTH_HOLDS: Final = Words(
    "{size}行のヘッド（{at}）以後、追記だけが行われた",
    "since the head of {size} lines ({at}) lines were only added",
)
_STAMP_HOLDS: Final = Words(
    "{at}に存在（{authority}。この機関を信頼するかは判定していない）",
    "existed at {at} ({authority}; whether to trust it is not judged here)",
)
_NO_STAMP: Final = Words("なし", "none")


class _Source(Protocol):
    """Where a tree is asked for: a server or an exported file."""

    def head(self) -> tuple[SignedHead, bytes | None]: ...

    def line(self, sequence: int, size: int) -> LineProof: ...

    def growth(self, earlier: SignedHead, size: int) -> GrowthProof: ...


def register(subparsers: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `audit` to the command's parser."""
    audit = subparsers.add_parser("audit", help="make and check proofs about an audit chain")
    commands = audit.add_subparsers(title="commands", required=True, metavar="COMMAND")
    prove = commands.add_parser("prove", help="fetch or compute a proof and write it as a file")
    source = prove.add_mutually_exclusive_group(required=True)
    source.add_argument("--server", metavar="URL", help="the server that keeps the chain")
    source.add_argument(
        "--file", type=Path, metavar="TREE", help="a tree written by `hpki-server audit export`"
    )
    prove.add_argument("--line", type=int, metavar="N", help="prove that line N stands in the chain")
    prove.add_argument(
        "--since",
        type=Path,
        metavar="PROOF",
        help="prove that the chain only grew since the head of this proof",
    )
    prove.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: standard output")
    prove.set_defaults(run=_prove)
    check = commands.add_parser("check", help="judge a proof, offline")
    check.add_argument("proof", type=Path, metavar="PROOF", help="the file; `-` reads standard input")
    check.add_argument(
        "--key",
        type=Path,
        required=True,
        metavar="PEM",
        help="the chain's public key, from a source you trust",
    )
    check.add_argument("--text", type=Path, metavar="FILE", help="what the line is said to contain")
    check.add_argument(
        "--kept",
        type=Path,
        metavar="PROOF",
        help="a proof kept from earlier, from whose head the chain must have grown",
    )
    check.add_argument("--lang", choices=("ja", "en"), default=terminal_language(), help="default: from LANG")
    check.set_defaults(run=_check)


def _prove(arguments: argparse.Namespace) -> int:
    source: _Source = _FromServer(arguments.server) if arguments.server else _FromFile(arguments.file)
    head, stamp = source.head()
    size = head.head.size
    line = None if arguments.line is None else source.line(arguments.line, size)
    growth = None if arguments.since is None else source.growth(_read(arguments.since).head, size)
    octets = Proof(head, stamp, line, growth).encode()
    if arguments.output is None:
        sys.stdout.write(octets.decode("ascii"))
    else:
        arguments.output.write_bytes(octets)
    return 0


def _check(arguments: argparse.Namespace) -> int:
    proof = _read(arguments.proof)
    check_proof(proof, _public_key(arguments.key))
    if arguments.text is not None:
        _require_text(proof, page.read_bounded(arguments.text, _MOST_LINE_OCTETS))
    if arguments.kept is not None:
        _require_kept(proof, _read(arguments.kept).head)
    rows = _rows(proof, arguments.lang, has_text=arguments.text is not None)
    sys.stdout.write(page.table(_TITLE.in_language(arguments.lang), rows))
    return 0


def _rows(proof: Proof, lang: str, *, has_text: bool) -> list[tuple[str, str]]:
    head = proof.head.head
    told = [(_HEAD, _HEAD_HOLDS, {"size": head.size, "at": head.at.isoformat()})]
    if proof.line is not None:
        told.append((_LINE, _LINE_HOLDS, {"sequence": proof.line.sequence}))
    if has_text:
        told.append((_TEXT, _TEXT_HOLDS, {}))
    if proof.growth is not None:
        earlier = proof.growth.earlier.head
        told.append((_GROWTH, _GROWTH_HOLDS, {"size": earlier.size, "at": earlier.at.isoformat()}))
    if proof.stamp is None:
        told.append((_STAMP, _NO_STAMP, {}))
    else:
        stamped = prove_token(proof.stamp, proof.head.imprint())
        authority = stamped.certificate.subject.rfc4514_string()
        told.append((_STAMP, _STAMP_HOLDS, {"at": stamped.gen_time.isoformat(), "authority": authority}))
    return [
        (label.in_language(lang), printable(words.in_language(lang).format(**facts)))
        for label, words, facts in told
    ]


def _require_text(proof: Proof, text: bytes) -> None:
    """The line's octets; a line feed that an editor put behind them does not count."""
    if proof.line is None:
        raise ProofFailed("the proof speaks of no line, so no contents can be compared")
    if merkle.leaf_hash(text.removesuffix(b"\n").removesuffix(b"\r")) != proof.line.leaf:
        raise ProofFailed(f"line {proof.line.sequence} has other contents than those given")


def _require_kept(proof: Proof, kept: SignedHead) -> None:
    if kept.head == proof.head.head:
        return
    if proof.growth is None or proof.growth.earlier.head != kept.head:
        raise ProofFailed(f"the proof does not lead from the kept head of {kept.head.size} lines")


def _read(path: Path) -> Proof:
    return read_proof(page.read_bounded(path, MOST_OCTETS))


def _public_key(path: Path) -> PublicKeyTypes:
    try:
        return load_pem_public_key(page.read_bounded(path, _MOST_LINE_OCTETS))
    except (ValueError, UnsupportedAlgorithm) as unreadable:
        raise MalformedInput(str(path), "it is no public key in PEM") from unreadable


class _FromFile:
    """An exported tree."""

    def __init__(self, path: Path) -> None:
        self._tree = read_tree(path)

    def head(self) -> tuple[SignedHead, bytes | None]:
        return self._tree.head, self._tree.stamp

    def line(self, sequence: int, size: int) -> LineProof:
        if not 1 <= sequence <= size:
            raise ProofFailed(f"the tree of {size} lines has no line {sequence}")
        path = inclusion_proof(sequence - 1, size, self._tree)
        return LineProof(sequence, self._tree.node(0, sequence - 1), tuple(path))

    def growth(self, earlier: SignedHead, size: int) -> GrowthProof:
        if not 0 < earlier.head.size <= size:
            raise ProofFailed(f"the tree of {size} lines cannot have grown from {earlier.head.size}")
        return GrowthProof(earlier, tuple(consistency_proof(earlier.head.size, size, self._tree)))


class _FromServer:
    """The server's API for outsiders."""

    def __init__(self, url: str) -> None:
        try:
            # httpcore is optional: whoever checks proofs offline does not need it.
            from hpki.http import FetchLimits, HttpFetcher
        except ImportError as missing:
            raise Unreachable(url, "asking a server needs openhpki[online]") from missing
        self._url = url.rstrip("/")
        self._fetcher = HttpFetcher(
            limits=FetchLimits(octets=MOST_OCTETS, seconds=_SECONDS), reachable=_EVERYWHERE
        )

    def head(self) -> tuple[SignedHead, bytes | None]:
        heads = self._ask("heads/").get("heads")
        if not isinstance(heads, list) or not heads:
            raise ProofFailed("the server has published no tree head")
        size = read_head(heads[0]).head.size
        newest = self._ask(f"heads/{size}/")
        signed = read_head(newest)
        stamp = octets_of(newest, "stamp", at_most=MOST_OCTETS) if "stamp" in newest else None
        return signed, stamp

    def line(self, sequence: int, size: int) -> LineProof:
        told = self._ask(f"inclusion/{sequence}/{size}/")
        return LineProof(sequence, octets_of(told, "leaf", exactly=32), path_of(told))

    def growth(self, earlier: SignedHead, size: int) -> GrowthProof:
        return GrowthProof(earlier, path_of(self._ask(f"consistency/{earlier.head.size}/{size}/")))

    def _ask(self, path: str) -> Mapping[str, object]:
        return read_object(self._fetcher.get(f"{self._url}/audit/{path}"))
