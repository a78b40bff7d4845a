"""What people get on paper: the report on a document, and the picture of a visible signature.

Facts reach a template as one JSON file beside it, never as markup.  No system fonts: the same facts give the same page.
"""

import datetime as dt
import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

import typst

_HERE: Final = Path(__file__).parent


def typeset(template: str, payload: object, *, at: dt.datetime, archival: bool = True) -> bytes:
    """A template of this folder with its data, as one PDF.

    at: the moment that the file says it was made; archival: tagged PDF/A-2a and PDF/UA-1, for offices and screen readers.
    """
    made = typst.Compiler(font_paths=_fonts()).compile(
        {  # type: ignore[type-var]  # takes a dict of files; its stub does not say so
            "main.typ": (_HERE / template).read_bytes(),
            "data.json": json.dumps(payload, ensure_ascii=False).encode(),
        },
        format="pdf",
        timestamp=int(at.timestamp()),
        pdf_standards=["a-2a", "ua-1"] if archival else [],
    )
    if not isinstance(made, bytes):
        raise TypeError(f"{template}: one file was expected")
    return made


@cache
def _fonts() -> typst.Fonts:
    folder = str(files("noto_cjk_sans_jp_regular"))
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])
