"""`hpki sign queue`: what waits on a server for the holder's signature is listed, shown, signed and sent back.

Exit codes: 0 done, 1 something was not signed, 3 the command is written wrongly.
"""

import argparse
import contextlib
import datetime as dt
import importlib.util
import ipaddress
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from uuid import UUID

from hpki.certs.wording import Words
from hpki.cli import page
from hpki.cli.queue_keys import QueueKeys, add_queue_keys, queue_keys
from hpki.errors import MalformedInput, ServerRefused
from hpki.signatures.claims import Claims, SigningUnit
from hpki.signatures.drafts import draft_format, sign_draft
from hpki.signatures.formats import Format
from hpki.signatures.queue_client import MOST_OCTETS, QueueServer, Waiting, is_loopback, server_address

if TYPE_CHECKING:
    # argparse has no public name for what add_subparsers returns.
    from argparse import _SubParsersAction

    from hpki.http import HttpFetcher

# A pile that one person answers for with one PIN entry.
MOST_DOCUMENTS: Final = 250
_LOOPBACK: Final = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
_NOTHING: Final = Words("署名を待つ文書はありません。", "No document waits for your signature.")
_COUNT: Final = Words("署名を待つ文書：{count} 件", "Documents that wait for your signature: {count}")
_LINES: Final = (
    Words("  依頼元", "  asked by"),
    Words("  ファイル", "  file"),
    Words("  署名の水準", "  level"),
    Words("  期限", "  deadline"),
)
_OCTETS: Final = Words("{name}（{octets} バイト）", "{name} ({octets} octets)")
_OWN: Final = Words("ご自分", "yourself")
_SAVED: Final = Words("文書を保存しました。開いて内容をお確かめください：", "Saved; open it and see:")
_ASK: Final = Words("上の {count} 件に署名しますか [y/N]: ", "Sign these {count}? [y/N]: ")
_NOT_SIGNED: Final = Words("署名していません。", "Nothing was signed.")
_SIGNED: Final = Words(
    "[{number}/{count}] 署名しました：{title}（{level}）", "[{number}/{count}] Signed: {title} ({level})"
)
_REFUSED: Final = Words(
    "[{number}/{count}] 受け付けられませんでした：{title}：{why}",
    "[{number}/{count}] Refused: {title}: {why}",
)
_STOPPED: Final = Words(
    "中断しました。{number} 件に署名し、残りには署名していません。",
    "Stopped: {number} signed, the rest not.",
)
_DECLINED: Final = Words("署名しないと回答しました：{id}", "Declined: {id}")
_UNKNOWN: Final = Words("{id} は、署名を待つ文書にありません", "{id} is not among what waits")
_TERMINAL: Final = Words(
    "確認の入力ができません。--yes を付けてください", "there is no terminal to ask at: use --yes"
)
_MANY: Final = Words("一度に署名できるのは {most} 件までです", "at most {most} documents at once")


def register(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `queue` to the formats of `hpki sign`."""
    command = commands.add_parser("queue", help="documents that wait on a server for your signature")
    command.add_argument(
        "--server", required=True, metavar="URL", help="the server, as in https://example.jp"
    )
    what = command.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help="only show what waits (default)")
    what.add_argument("--task", action="append", type=UUID, default=[], metavar="ID", help="sign this one")
    what.add_argument("--all", action="store_true", help=f"sign all that wait, at most {MOST_DOCUMENTS}")
    what.add_argument("--decline", type=UUID, metavar="ID", help="do not sign this one; say why by --reason")
    command.add_argument("--reason", metavar="TEXT", help="why, for whoever asked")
    command.add_argument("--yes", action="store_true", help="sign without asking")
    command.add_argument(
        "--save-to",
        type=Path,
        metavar="FOLDER",
        help="keep the documents and what was signed there (default: shown from a folder that is deleted)",
    )
    command.add_argument(
        "--reach",
        action="append",
        default=[],
        type=ipaddress.ip_network,
        metavar="NETWORK",
        help="a private network that may be asked, such as 10.1.0.0/16",
    )
    add_queue_keys(command)
    command.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    lang = arguments.lang
    address = server_address(arguments.server)
    if arguments.decline is not None and not (arguments.reason or "").strip():
        raise MalformedInput("--reason", "say why it is not signed")
    with queue_keys(arguments) as keys:
        server = QueueServer(_channel(arguments, address), address, keys.authentication, lang=lang)
        if arguments.decline is not None:
            server.decline(arguments.decline, arguments.reason)
            _say(_DECLINED, lang, id=arguments.decline)
            return 0
        waiting = server.waiting()
        chosen = _chosen(waiting, arguments)
        if not chosen:
            _show(waiting, lang)
            return 0
        return _Session(server, keys, arguments).sign(chosen)


def _channel(arguments: argparse.Namespace, address: str) -> "HttpFetcher":
    if importlib.util.find_spec("httpcore") is None:
        raise MalformedInput("--server", "asking needs openhpki[online]")
    from hpki.http import FetchLimits, HttpFetcher

    is_own = is_loopback(urlsplit(address).hostname or "")
    limits = FetchLimits(octets=MOST_OCTETS, seconds=60.0, all_seconds=7200.0, questions=2000)
    return HttpFetcher(limits=limits, reachable=[*arguments.reach, *(_LOOPBACK if is_own else ())])


def _chosen(waiting: Sequence[Waiting], arguments: argparse.Namespace) -> list[Waiting]:
    """What is to be signed.  Raises MalformedInput for what does not wait, and for too many."""
    lang = arguments.lang
    by_id = {task.id: task for task in waiting}
    for wanted in arguments.task:
        if wanted not in by_id:
            raise MalformedInput("--task", _UNKNOWN.in_language(lang).format(id=wanted))
    chosen = list(waiting) if arguments.all else [by_id[each] for each in dict.fromkeys(arguments.task)]
    if len(chosen) > MOST_DOCUMENTS:
        raise MalformedInput("--all", _MANY.in_language(lang).format(most=MOST_DOCUMENTS))
    return chosen


@dataclass
class _Session:
    """One pile: fetched, shown, asked about, signed one after the other."""

    server: QueueServer
    keys: QueueKeys
    arguments: argparse.Namespace
    failed: int = 0
    done: int = 0
    drafts: dict[UUID, bytes] = field(default_factory=dict, repr=False)

    def sign(self, chosen: Sequence[Waiting]) -> int:
        """The exit code."""
        arguments, lang = self.arguments, self.arguments.lang
        with _folder(arguments.save_to) as folder:
            _show(chosen, lang)
            sys.stdout.write(_SAVED.in_language(lang) + "\n")
            for number, task in enumerate(chosen, 1):
                self.drafts[task.id] = self.server.draft(task)
                path = _written(folder, f"{number:03d}-{task.file_name}", self.drafts[task.id])
                sys.stdout.write(f"  {path}\n")
            sys.stdout.flush()
            if not arguments.yes and not _agreed(len(chosen), lang):
                _say(_NOT_SIGNED, lang)
                return 1
            unit = self.keys.signing()
            try:
                for number, task in enumerate(chosen, 1):
                    self._sign_one(number, len(chosen), task, unit, folder)
            except KeyboardInterrupt:
                sys.stderr.write(_STOPPED.in_language(lang).format(number=self.done) + "\n")
                return 1
        return 1 if self.failed else 0

    def _sign_one(self, number: int, count: int, task: Waiting, unit: SigningUnit, folder: Path) -> None:
        lang = self.arguments.lang
        now = dt.datetime.now(dt.UTC).replace(microsecond=0)  # noqa: TID251 - a command is where the clock is read (style 2)
        signed = sign_draft(self.drafts[task.id], unit, Claims(now))
        try:
            level = self.server.hand_in(task, signed)
        except ServerRefused as refused:
            self.failed += 1
            _say(_REFUSED, lang, number=number, count=count, title=task.title, why=refused)
            return
        self.done += 1
        if self.arguments.save_to is not None:
            _written(folder, f"{number:03d}-{_signed_name(task, self.drafts[task.id])}", signed)
        _say(_SIGNED, lang, number=number, count=count, title=task.title, level=level)


def _show(waiting: Sequence[Waiting], lang: str) -> None:
    if not waiting:
        _say(_NOTHING, lang)
        return
    _say(_COUNT, lang, count=len(waiting))
    asked_by, file, level, deadline = (words.in_language(lang) for words in _LINES)
    for task in waiting:
        name = _OCTETS.in_language(lang).format(name=task.file_name, octets=f"{task.octets:,}")
        rows = [
            ("  ID", str(task.id)),
            (asked_by, task.asked_by or _OWN.in_language(lang)),
            (file, name),
            ("  SHA-256", task.sha256),
            (level, task.level),
            (deadline, task.deadline.astimezone().strftime("%Y-%m-%d %H:%M %z")),
        ]
        sys.stdout.write("\n" + page.table(task.title, rows))
    sys.stdout.flush()


@contextlib.contextmanager
def _folder(wanted: Path | None) -> Iterator[Path]:
    """Where the documents are looked at; a folder of our own is gone afterwards."""
    if wanted is not None:
        wanted.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield wanted
        return
    with tempfile.TemporaryDirectory(prefix="hpki-queue-") as name:
        yield Path(name)


def _signed_name(task: Waiting, draft: bytes) -> str:
    """letter.signed.pdf, letter.signed.xml; of anything else the signature beside it, letter.txt.p7s."""
    kind = draft_format(draft)
    return f"{task.file_name}.p7s" if kind is Format.CMS else f"{Path(task.file_name).stem}.signed.{kind}"


def _written(folder: Path, name: str, octets: bytes) -> Path:
    """For the holder's eyes only; something else that stands there is not overwritten.  Raises FileExistsError."""
    path = folder / name
    if path.is_file() and path.stat().st_size == len(octets) and path.read_bytes() == octets:
        return path
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(octets)
    return path


def _agreed(count: int, lang: str) -> bool:
    if not sys.stdin.isatty():
        raise MalformedInput("--yes", _TERMINAL.in_language(lang))
    return input(_ASK.in_language(lang).format(count=count)).strip().lower() in {"y", "yes", "はい"}


def _say(words: Words, lang: str, **facts: object) -> None:
    sys.stdout.write(words.in_language(lang).format(**facts) + "\n")
    sys.stdout.flush()
