"""Text and XML as text that hides nothing: what could move, turn round or vanish on a screen is written out."""

import codecs
import re
from dataclasses import dataclass
from typing import Final

from hpki.errors import MalformedInput
from hpki.signatures.prescription import Kind, csv_of

CHARACTERS_MOST: Final = 60_000
_LONG_LINE: Final = 400
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What documents in Japan are written in; the first that fits is taken.
_ENCODINGS: Final = ("utf-8", "cp932", "euc_jp")
_DECLARED: Final = re.compile(rb"""^<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_KEPT: Final = frozenset("\n\t\u3000")


@dataclass(frozen=True)
class TextView:
    """Readable text; `is_cut` when the document goes on, `encoding` as Python names it."""

    text: str
    encoding: str
    is_cut: bool
    is_xml: bool = False
    # An electronic prescription carries its content packed; here it is unpacked.
    record: str = ""


def view_of_text(octets: bytes) -> TextView | None:
    """The document as text, or None when it is none."""
    found = _decoded(octets)
    if found is None:
        return None
    text, encoding = found
    is_xml = text.lstrip().startswith("<")
    shown = _with_breaks(text) if is_xml else text
    return TextView(
        text=seen(shown[:CHARACTERS_MOST]),
        encoding=encoding,
        is_cut=len(shown) > CHARACTERS_MOST,
        is_xml=is_xml,
        record=_record(octets) if is_xml else "",
    )


def seen(text: str) -> str:
    """`text` with each sign that shows nothing, or turns the others round, written as its code: ⟨U+202E⟩."""
    return "".join(
        sign if sign.isprintable() or sign in _KEPT else f"⟨U+{ord(sign):04X}⟩"
        for sign in text.replace("\r\n", "\n")
    )


def _decoded(octets: bytes) -> tuple[str, str] | None:
    for encoding in _candidates(octets):
        try:
            text = octets.decode(encoding)
        except (UnicodeError, LookupError):
            continue
        if not any(sign < " " and sign not in "\t\n\r\f" for sign in text):
            return text, encoding.removesuffix("-sig")
    return None


def _candidates(octets: bytes) -> tuple[str, ...]:
    for mark, encoding in _BOMS:
        if octets.startswith(mark):
            return (encoding,)
    declared = _DECLARED.match(octets)
    if declared is None:
        return _ENCODINGS
    try:
        # Python also knows codecs that unpack: those are no encodings of text.
        known = codecs.lookup(declared[1].decode("ascii"))
    except LookupError:
        return _ENCODINGS
    return (known.name, *_ENCODINGS) if known._is_text_encoding else _ENCODINGS  # noqa: SLF001 - the standard library's own mark


def _with_breaks(text: str) -> str:
    """XML on one endless line is broken between its tags."""
    if max(map(len, text.splitlines()), default=0) <= _LONG_LINE:
        return text
    return re.sub(r">(?=<)", ">\n", text)


def _record(octets: bytes) -> str:
    for kind in Kind:
        try:
            return seen(csv_of(octets, kind).decode("utf-8")[:CHARACTERS_MOST])
        except (MalformedInput, UnicodeDecodeError):
            continue
    return ""
