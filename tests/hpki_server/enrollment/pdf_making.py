"""PDF files by hand: plain ones, and ones whose objects lie in a compressed stream, where words cannot be searched for."""

import io
import zlib
from collections.abc import Mapping

from PIL import Image

CATALOGUE = b"<</Type/Catalog/Pages 2 0 R>>"
PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>"


def scanned(image: Image.Image | None = None) -> bytes:
    """What a scanner makes of a sheet."""
    stream = io.BytesIO()
    (image or Image.new("RGB", (595, 842), "white")).save(stream, "PDF")
    return stream.getvalue()


def packed(
    objects: Mapping[int, bytes] | None = None,
    *,
    loose: Mapping[int, bytes] | None = None,
    named: bool = True,
) -> bytes:
    """ISO 32000-1 7.5.7: objects in one compressed stream, found by a cross-reference stream.

    `loose` objects stand in the open; with `named` false the table does not tell of the compressed stream.
    """
    inside = {1: CATALOGUE, 2: PAGES, 3: PAGE, **(objects or {})} if named else dict(objects or {})
    outside = {**({} if named else {1: CATALOGUE, 2: PAGES, 3: PAGE}), **(loose or {})}
    container, table = 90, 91
    body = io.BytesIO(b"%PDF-1.5\n")
    body.seek(0, io.SEEK_END)
    places = {number: _write(body, number, content) for number, content in outside.items()}
    places[container] = _write(body, container, _object_stream(inside))
    rows = {number: (1, place, 0) for number, place in places.items()}
    if named:
        rows |= {number: (2, container, index) for index, number in enumerate(inside)}
    else:
        del rows[container]
    start = body.tell()
    rows[table] = (1, start, 0)
    entries = b"".join(
        kind.to_bytes(1, "big") + where.to_bytes(4, "big") + index.to_bytes(2, "big")
        for kind, where, index in (rows.get(number, (0, 0, 65535)) for number in range(92))
    )
    _write(body, table, _stream(b"/Type/XRef/Size 92/W[1 4 2]/Root 1 0 R", entries))
    body.write(b"startxref\n%d\n%%%%EOF\n" % start)
    return body.getvalue()


def _write(body: io.BytesIO, number: int, content: bytes) -> int:
    place = body.tell()
    body.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    return place


def _object_stream(objects: Mapping[int, bytes]) -> bytes:
    heads, bodies = [], b""
    for number, content in objects.items():
        heads.append(b"%d %d" % (number, len(bodies)))
        bodies += content + b" "
    first = b" ".join(heads) + b" "
    return _stream(b"/Type/ObjStm/N %d/First %d" % (len(objects), len(first)), first + bodies)


def _stream(facts: bytes, plain: bytes) -> bytes:
    content = zlib.compress(plain)
    return b"<<%s/Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (facts, len(content), content)
