"""What stands before the root element, read without a parser: the encoding must be one we know, and no DTD may follow."""

import re

from hpki.errors import MalformedInput

# In these every octet below 0x80 that looks like markup is markup, so the few lines below see what a parser sees.
# (Not so in ISO-2022-JP or UTF-7, where "-->" can be two kanji or written another way.)
_PLAIN = frozenset(
    {"utf-8", "us-ascii", "ascii", "shift_jis", "windows-31j", "cp932", "euc-jp"}
    | {f"iso-8859-{part}" for part in range(1, 17)}
    | {"windows-1252"}
)
_WIDE = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_UTF_8_MARK = b"\xef\xbb\xbf"
_ENCODING = re.compile(r"""\sencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]{0,39})["']""")
_OTHER_VERSION = re.compile(r"""\sversion\s*=\s*["'](?!1\.0["'])""")
_SPACE = " \t\r\n"


def refuse_document_type(content: bytes) -> None:
    """Raises MalformedInput when the prolog holds a DTD, cannot be read, or names an encoding that is not known here.

    XML 1.0, 2.8 (prolog) and 4.3.3 (encodings).
    """
    wide = _WIDE.get(content[:2])
    # latin-1 gives every octet a character, so markup can be looked for whatever the text is.
    text = (
        content[2:].decode(wide, "replace") if wide else content.removeprefix(_UTF_8_MARK).decode("latin-1")
    )
    _refuse_encoding(text, wide=wide is not None)
    at = 0
    while True:
        at = _skip_space(text, at)
        if text.startswith("<?", at):
            at = _behind(text, "?>", at)
        elif text.startswith("<!--", at):
            at = _behind(text, "-->", at + 4)
        elif text.startswith("<!", at):
            raise MalformedInput("XML", "a document type declaration is not accepted")
        elif text.startswith("<", at):
            return
        else:
            raise MalformedInput("XML", "not well-formed: no root element where one must begin")


def _refuse_encoding(text: str, *, wide: bool) -> None:
    if not text.startswith("<?xml"):
        return
    declaration = text[: _behind(text, "?>", 0)]
    if _OTHER_VERSION.search(declaration):
        # XML 1.1 ends lines elsewhere and allows characters that have no canonical form.
        raise MalformedInput("XML", "only XML 1.0 is accepted")
    declared = _ENCODING.search(declaration)
    name = declared[1].lower() if declared else "utf-8"
    if wide and declared and not name.startswith("utf-16"):
        raise MalformedInput("XML", f"encoded in UTF-16 and declared as {name}")
    if not wide and name not in _PLAIN:
        raise MalformedInput("XML", f"the encoding {name} is not accepted")


def _skip_space(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


def _behind(text: str, end: str, at: int) -> int:
    found = text.find(end, at)
    if found < 0:
        raise MalformedInput("XML", "not well-formed: the prolog does not end")
    return found + len(end)
