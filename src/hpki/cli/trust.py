"""`hpki trust show | verify | update | sign`: lists of whom we trust.

Exit codes: 0 done, 1 the list is refused, 3 the command is written wrongly.
"""

import argparse
import contextlib
import datetime as dt
import ipaddress
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hpki.certs import printing
from hpki.certs.wording import Words
from hpki.cli import inputs, page
from hpki.cli.card_words import terminal_language
from hpki.keys.pin_file import read_pin_file
from hpki.keys.software import load_software_key
from hpki.validation.facts import CertificateFacts, read_certificate
from hpki.validation.trust_list import (
    MAX_TRUST_LIST_OCTETS,
    ListedAnchor,
    TrustListContent,
    prove_trust_list,
    read_draft,
    read_trust_list,
    sign_trust_list,
    update_trust_list,
)

if TYPE_CHECKING:
    # argparse has no public name for what add_subparsers returns.
    from argparse import _SubParsersAction

_TITLE: Final = Words("信頼リスト", "Trust list")
_LABELS: Final = {
    "publisher": Words("発行者", "Publisher"),
    "sequence": Words("版", "Edition"),
    "issued_at": Words("発行日時", "Issued"),
    "next_update": Words("次回発行予定", "Next update"),
    "anchor": Words("認証局", "Authority"),
    "key_identifier": Words("鍵識別子", "Key identifier"),
    "purposes": Words("用途", "For"),
    "trusted": Words("信頼する期間", "Trusted"),
    "note": Words("備考", "Remark"),
    "signature": Words("署名", "Signature"),
}
_NOT_CHECKED: Final = Words("確かめていません（hpki trust verify）", "not checked (hpki trust verify)")
_VERIFIED: Final = Words("発行者の鍵で確かめました", "verifies with the publisher's key")
_KEPT: Final = Words("第 {sequence} 版を {path} に置きました。", "Edition {sequence} is now in {path}.")


def register(subparsers: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `trust` to the command's parser."""
    trust = subparsers.add_parser("trust", help="look at, verify and renew lists of whom we trust")
    commands = trust.add_subparsers(title="commands", required=True, metavar="COMMAND")
    show = commands.add_parser("show", help="say what a list contains; proves nothing")
    verify = commands.add_parser("verify", help="check the publisher's signature and the dates")
    update = commands.add_parser("update", help="take a newer edition, never an older one")
    update.add_argument("source", metavar="FILE_OR_URL", help="the newer edition")
    update.add_argument(
        "--reach",
        action="append",
        default=[],
        type=ipaddress.ip_network,
        metavar="NETWORK",
        help="a private network that may be asked",
    )
    sign = commands.add_parser("sign", help="sign a draft as its publisher (docs/operations/validation.md)")
    sign.add_argument("draft", type=Path, metavar="DRAFT", help="the list before it is signed")
    sign.add_argument(
        "--key", type=Path, required=True, metavar="FILE", help="the publisher's encrypted key file"
    )
    sign.add_argument(
        "--passphrase-file", type=Path, required=True, metavar="FILE", help="opens the key file"
    )
    for command, runs in ((show, _show), (verify, _verify), (update, _update), (sign, _sign)):
        command.add_argument("file", type=Path, metavar="LIST", help="the list at hand")
        command.add_argument(
            "--lang", choices=("ja", "en"), help="language of the words (default: from LANG)"
        )
        command.set_defaults(run=runs)
    for command in (show, verify):
        command.add_argument("--key-identifier", metavar="HEX", help="only the authority with this key")
        command.add_argument("--json", action="store_true", help="print JSON instead of words")
    for command in (verify, update):
        command.add_argument(
            "--key", type=Path, required=True, metavar="FILE", help="the publisher's key (PEM)"
        )
        command.add_argument("--at", type=page.moment, metavar="TIME", help="the moment; default: now")


def _show(arguments: argparse.Namespace) -> int:
    content = read_trust_list(page.read_bounded(arguments.file, MAX_TRUST_LIST_OCTETS)).unverified
    _print(content, arguments, is_verified=False)
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    octets = page.read_bounded(arguments.file, MAX_TRUST_LIST_OCTETS)
    proven = prove_trust_list(octets, inputs.publisher_key(arguments.key), _at(arguments))
    _print(proven.content, arguments, is_verified=True)
    return 0


def _update(arguments: argparse.Namespace) -> int:
    path: Path = arguments.file
    kept = page.read_bounded(path, MAX_TRUST_LIST_OCTETS) if path.exists() else None
    newer = update_trust_list(kept, _fetched(arguments), inputs.publisher_key(arguments.key), _at(arguments))
    _replace(path, newer.octets)
    words = _KEPT.in_language(arguments.lang or terminal_language())
    sys.stdout.write(words.format(sequence=newer.content.sequence, path=path) + "\n")
    return 0


def _sign(arguments: argparse.Namespace) -> int:
    draft: Path = arguments.draft

    def certificate_of(name: str) -> CertificateFacts:
        return read_certificate(inputs.certificate_ders(draft.parent / name)[0])

    content = read_draft(page.read_bounded(draft, MAX_TRUST_LIST_OCTETS), certificate_of)
    signer = load_software_key(arguments.key, read_pin_file(arguments.passphrase_file))
    _replace(arguments.file, sign_trust_list(content, signer))
    words = _KEPT.in_language(arguments.lang or terminal_language())
    sys.stdout.write(words.format(sequence=content.sequence, path=arguments.file) + "\n")
    return 0


def _fetched(arguments: argparse.Namespace) -> bytes:
    if not arguments.source.startswith(("http://", "https://")):
        return page.read_bounded(Path(arguments.source), MAX_TRUST_LIST_OCTETS)
    from hpki.http import FetchLimits, HttpFetcher

    limits = FetchLimits(octets=MAX_TRUST_LIST_OCTETS)
    return HttpFetcher(limits=limits, reachable=arguments.reach).get(arguments.source)


def _replace(path: Path, octets: bytes) -> None:
    """The file holds the old list or the new one, whatever happens in between."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        # A list is public: everybody who validates reads it.
        os.fchmod(descriptor, 0o644)
        with os.fdopen(descriptor, "wb") as file:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def _at(arguments: argparse.Namespace) -> dt.datetime:
    at: dt.datetime | None = arguments.at
    return at or dt.datetime.now(dt.UTC)  # noqa: TID251 - a command is where the clock is read (style 2)


def _print(content: TrustListContent, arguments: argparse.Namespace, *, is_verified: bool) -> None:
    chosen: Sequence[ListedAnchor] = content.anchors
    if arguments.key_identifier:
        found = content.by_key_identifier(arguments.key_identifier)
        chosen = () if found is None else (found,)
    if arguments.json:
        described = _as_json(content, chosen, is_verified=is_verified)
        sys.stdout.write(json.dumps(described, ensure_ascii=False, indent=2) + "\n")
        return
    lang = arguments.lang or terminal_language()
    rows = [
        ("publisher", printing.printable(content.publisher)),
        ("sequence", str(content.sequence)),
        ("issued_at", printing.moment_words(content.issued_at)),
        ("next_update", printing.moment_words(content.next_update)),
        *(row for listed in chosen for row in _anchor_rows(listed)),
        ("signature", (_VERIFIED if is_verified else _NOT_CHECKED).in_language(lang)),
    ]
    table = [(_LABELS[code].in_language(lang), value) for code, value in rows]
    sys.stdout.write(page.table(_TITLE.in_language(lang), table))


def _anchor_rows(listed: ListedAnchor) -> list[tuple[str, str]]:
    trusted = f"{printing.moment_words(listed.not_before)} – {printing.moment_words(listed.not_after)}"
    rows = [
        ("anchor", listed.certificate.words),
        ("key_identifier", listed.key_identifier),
        ("purposes", ", ".join(sorted(listed.purposes))),
        ("trusted", trusted),
    ]
    return [*rows, ("note", printing.printable(listed.note))] if listed.note else rows


def _as_json(
    content: TrustListContent, chosen: Sequence[ListedAnchor], *, is_verified: bool
) -> dict[str, object]:
    return {
        "kind": "trust_list",
        "verified": is_verified,
        "publisher": content.publisher,
        "sequence": content.sequence,
        "issued_at": printing.moment_json(content.issued_at),
        "next_update": printing.moment_json(content.next_update),
        "anchors": [
            {
                "subject": listed.certificate.subject_words,
                "key_identifier": listed.key_identifier,
                "sha256": listed.certificate.sha256.hex().upper(),
                "purposes": sorted(listed.purposes),
                "not_before": printing.moment_json(listed.not_before),
                "not_after": printing.moment_json(listed.not_after),
                "note": listed.note,
            }
            for listed in chosen
        ],
    }
