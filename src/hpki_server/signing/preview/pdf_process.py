"""The bounded process that opens a PDF: it reads the file from its input and writes one answer, JSON or a PNG.

The file is hostile until shown otherwise, and PDFium is C++: so this process has little time and memory, writes a bounded answer, reads no
file but typefaces and Python's own, reaches nobody (Linux's Landlock, where the kernel has it), and imports nothing of ours.
PDFium comes here without a JavaScript engine: nothing runs.

Called as `python -I pdf_process.py survey FIRST LAST` or `… draw NUMBER WIDTH`; exit code 3 says that the file wants a password.
"""

import ctypes
import json
import math
import os
import re
import resource
import sys
import sysconfig
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

CPU_SECONDS = 10
MEMORY_OCTETS = 1024**3
# A picture of a page: a long till roll is drawn smaller, not cut.
PIXELS_MOST = 8_000_000
SIDE_MOST = 10_000
TEXT_MOST = 20_000
ANSWER_OCTETS = 32 * 1024 * 1024
LOCKED = 3
# What is looked for, by the PDF names that bring it.  ISO 32000-1: 12.6.4, 7.11.4, 12.7.8, 8.11, 13.
TRAITS = {
    "script": {"JS", "JavaScript"},
    "files": {"EmbeddedFile", "EmbeddedFiles"},
    "form": {"AcroForm"},
    "xfa": {"XFA"},
    "layers": {"OCProperties"},
    "media": {"RichMedia", "Movie", "Sound", "Rendition", "3D"},
    "launch": {"Launch", "ImportData", "SubmitForm", "GoToR", "GoToE"},
}
# The width at which pages are shown.
WIDTH = 1200
_UNPACKED_MOST = 32 * 1024 * 1024
_OBJECTS_MOST = 4_000
_NAME = re.compile(rb"/([^\x00\t\n\x0c\r ()<>\[\]{}/%]{1,64})")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_PACKED = re.compile(rb"/ObjStm[^\x00]{0,1024}?stream\r?\n")
# A text object, and a form inside a page that holds more of them.
_TEXT, _FORM = 1, 5


def main(arguments: list[str]) -> None:
    """One answer on standard output."""
    _bound()
    pdfium = _engine()
    confine()
    octets = sys.stdin.buffer.read()
    try:
        document = pdfium.PdfDocument(octets)
    except pdfium.PdfiumError as error:
        sys.exit(LOCKED if getattr(error, "err_code", None) == pdfium.raw.FPDF_ERR_PASSWORD else str(error))
    kind, first, second = arguments[0], int(arguments[1]), int(arguments[2])
    if kind == "draw":
        answer = _drawn(document, first, second)
    else:
        answer = json.dumps(_survey(pdfium, document, octets, (first, second))).encode()
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()


def _bound() -> None:
    for limit, most in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY_OCTETS),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, ANSWER_OCTETS),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 32),
    ):
        resource.setrlimit(limit, (most, most))


# linux/landlock.h: what an older kernel does not know is left out.  The numbers are the same on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_READ = 0b1100
_NO_NEW_PRIVILEGES = 38


def confine() -> bool:
    """From here on this process reads typefaces and Python's own files, writes none, and dials nobody; False without Landlock."""
    kernel = ctypes.CDLL(None, use_errno=True)
    version = kernel.syscall(_CREATE_RULESET, None, 0, 1)
    if version < 1:
        return False
    rights = (1 << _FILE_RIGHTS.get(version, 16)) - 1
    handled = (ctypes.c_uint64 * 2)(rights, 0b11)
    rules = kernel.syscall(_CREATE_RULESET, handled, 16 if version >= 4 else 8, 0)
    own = [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    for folder in [_typefaces(), *(path for path in own if path.is_dir())]:
        opened = os.open(folder, os.O_PATH)
        kernel.syscall(_ADD_RULE, rules, 1, ctypes.byref(_Beneath(_READ, opened)), 0)
        os.close(opened)
    kernel.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    is_confined = bool(kernel.syscall(_RESTRICT_SELF, rules, 0) == 0)
    os.close(rules)
    return is_confined


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("rights", ctypes.c_uint64), ("folder", ctypes.c_int32))


def _typefaces() -> Path:
    import noto_cjk_sans_jp_regular

    return Path(noto_cjk_sans_jp_regular.__file__).parent


def _engine() -> Any:  # noqa: ANN401 - a library without types
    """PDFium with one typeface of its own: a page looks the same on every machine."""
    import pypdfium2 as pdfium

    paths = (ctypes.c_char_p * 2)(str(_typefaces()).encode(), None)
    settings = pdfium.raw.FPDF_LIBRARY_CONFIG(version=2)
    settings.m_pUserFontPaths = ctypes.cast(paths, type(settings.m_pUserFontPaths))
    pdfium.raw.FPDF_DestroyLibrary()
    pdfium.raw.FPDF_InitLibraryWithConfig(settings)
    return pdfium


def _drawn(document: Any, number: int, width: int) -> bytes:  # noqa: ANN401 - as above
    """One page as PNG, `width` wide or smaller: with its notes and the values of its fields."""
    document.init_forms()
    page = document[number - 1]
    wide, high = page.get_size()
    scale = scale_for(wide, high, width)
    out = BytesIO()
    page.render(scale=scale, may_draw_forms=True).to_pil().save(out, format="PNG")
    return out.getvalue()


def scale_for(wide: float, high: float, width: int) -> float:
    """How many pixels to a point, so that a page becomes `width` wide, or less where it would grow too large."""
    if not math.isfinite(wide * high):
        return 0.0
    wide, high = max(wide, 1), max(high, 1)
    return float(min(width / wide, (PIXELS_MOST / (wide * high)) ** 0.5, SIDE_MOST / max(wide, high)))


def _survey(pdfium: Any, document: Any, octets: bytes, shown: tuple[int, int]) -> dict[str, Any]:  # noqa: ANN401 - as above
    """How many pages, what the file has besides them, and of the shown pages size and text."""
    raw = pdfium.raw
    found = {trait for names in _names(octets) for trait, those in TRAITS.items() if names & those}
    if raw.FPDFDoc_GetJavaScriptActionCount(document) > 0:
        found.add("script")
    if raw.FPDFDoc_GetAttachmentCount(document) > 0:
        found.add("files")
    forms = raw.FPDF_GetFormType(document)
    if forms in {raw.FORMTYPE_XFA_FULL, raw.FORMTYPE_XFA_FOREGROUND}:
        found.add("xfa")
    signatures = max(0, raw.FPDF_GetSignatureCount(document))
    pages = []
    for number in range(shown[0], min(shown[1], len(document)) + 1):
        page = document[number - 1]
        wide, high = page.get_size()
        text = page.get_textpage().get_text_bounded()[:TEXT_MOST]
        scale = scale_for(wide, high, WIDTH)
        size = [max(1, round(side * scale)) for side in (wide, high)] if scale else [1, 1]
        pages.append({"number": number, "size": size, "text": text})
        if _lacks_typeface(raw, page):
            found.add("typeface")
    # A signature's field is a form too, but nobody fills it in.
    if signatures and forms == raw.FORMTYPE_ACRO_FORM:
        found.discard("form")
    return {"pages": len(document), "signatures": signatures, "traits": sorted(found), "shown": pages}


def _names(octets: bytes) -> Iterator[set[str]]:
    """The PDF names in the file, and in its packed objects as far as they unpack within bounds."""
    yield _names_in(octets)
    left = _UNPACKED_MOST
    for packed in _PACKED.finditer(octets):
        try:
            plain = zlib.decompressobj().decompress(octets[packed.end() :], left)
        except zlib.error:
            continue
        left -= len(plain)
        yield _names_in(plain)
        if left <= 0:
            return


def _names_in(octets: bytes) -> set[str]:
    escaped = set(_NAME.findall(octets))
    return {
        _ESCAPED.sub(lambda code: bytes.fromhex(code[1].decode()), name).decode("latin-1") for name in escaped
    }


def _lacks_typeface(raw: Any, page: Any) -> bool:  # noqa: ANN401 - as above
    """Is a text of this page set in a typeface that the file does not bring along?"""
    for seen, piece in enumerate(page.get_objects(filter=[_TEXT], max_depth=_FORM)):
        if seen > _OBJECTS_MOST:
            return False
        font = raw.FPDFTextObj_GetFont(piece)
        if font and not raw.FPDFFont_GetIsEmbedded(font):
            return True
    return False


if __name__ == "__main__":
    main(sys.argv[1:])
