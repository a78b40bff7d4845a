"""Small things read out of elements: text, base64, moments; each bounded, each with its place when it is wrong."""

import base64
import binascii
import datetime as dt
import re
from typing import Final

from lxml import etree

from hpki.errors import MalformedInput

_SPACE: Final = re.compile(r"[ \t\r\n]+")
# XML Schema 1.0 part 2, 3.2.7; a zone must stand there, or nobody knows the moment.
_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")


def local_name(element: etree._Element) -> str:
    """The name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def namespace(element: etree._Element) -> str:
    """The namespace of the name, "" for none."""
    head, _, _ = str(element.tag).rpartition("}")
    return head.removeprefix("{")


def children(element: etree._Element) -> list[etree._Element]:
    """The child elements; comments and processing instructions are left out."""
    return list(element.iterchildren(etree.Element))


def only_child(element: etree._Element, name: str) -> etree._Element:
    """The one child with a name.  Raises MalformedInput when there is none or a second one."""
    found = element.findall(name)
    if len(found) != 1:
        raise MalformedInput(local_name(element), f"needs one {name.rpartition('}')[2]}, has {len(found)}")
    return found[0]


def text_of(element: etree._Element, *, most: int = 4096) -> str:
    """The text of an element that may have nothing but text.  Raises MalformedInput.

    A comment inside would let two readers see two texts, so there may be none.
    """
    if len(element):
        raise MalformedInput(local_name(element), "has something else than text inside")
    text = element.text or ""
    if len(text) > most:
        raise MalformedInput(local_name(element), f"is longer than {most} characters")
    return text.strip(" \t\r\n")


def octets_of(element: etree._Element, *, most: int = 1 << 26) -> bytes:
    """The octets that stand in an element as base64 (XML Schema part 2, 3.2.16).  Raises MalformedInput."""
    text = text_of(element, most=most)
    try:
        return base64.b64decode(_SPACE.sub("", text), validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedInput(local_name(element), "is not base64") from error


def moment_of(element: etree._Element) -> dt.datetime:
    """A dateTime with its zone.  Raises MalformedInput."""
    found = _MOMENT.fullmatch(text_of(element, most=64))
    if found is None:
        raise MalformedInput(local_name(element), "is not a moment with a time zone")
    fraction = (found[2] or "")[:7]
    try:
        said = dt.datetime.fromisoformat(f"{found[1]}{fraction}{found[3].replace('Z', '+00:00')}")
        return said.astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise MalformedInput(local_name(element), "is no moment of the calendar") from error
