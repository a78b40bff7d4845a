"""Archive time-stamps beside the signatures of a container: ASiCArchiveManifest (EN 319 162-1 4.4.4.2, A.7).

A list names every file of the container by its hash, and a time-stamp token in a file of its own is over the list.
Neither signatures nor data are touched, so a renewal is one list and one token more.
"""

import mimetypes
import re
from collections.abc import Collection, Mapping
from typing import Final

from hpki.errors import NotExtended
from hpki.signatures.asic.container import META
from hpki.signatures.asic.manifest import manifest_of, read_manifest
from hpki.signatures.cms.extending import Extension, self_contained
from hpki.signatures.content import Content, octets_of

NEWEST: Final = f"{META}ASiCArchiveManifest.xml"
_OLDER: Final = f"{META}ASiCArchiveManifest{{}}.xml"
_TOKEN: Final = f"{META}timestamp{{}}.tst"
_LISTS: Final = re.compile(r"META-INF/ASiC(?:Archive|EvidenceRecord)Manifest[^/]*\.xml", re.IGNORECASE)
_STAMP_MEDIA: Final = "application/vnd.etsi.timestamp-token"
_MEDIA: Final = {".p7s": "application/pkcs7-signature", ".tst": _STAMP_MEDIA, ".xml": "text/xml"}
_MOST: Final = 1000


def under_lists(files: Mapping[str, bytes | Content]) -> frozenset[str]:
    """The files that an archive time-stamp or evidence record is of, by its list: they may not change any more.

    Raises MalformedInput.
    """
    lists = [read_manifest(octets_of(content)) for name, content in files.items() if _LISTS.fullmatch(name)]
    return frozenset(entry.name for each in lists for entry in each.entries)


def archived(files: Mapping[str, bytes | Content], extension: Extension) -> dict[str, bytes | Content]:
    """The files with a list of them all and a token over the list; `extension` stamps and gives revocation data.

    The last token is given what its authority needs first, while no list names it yet.  Raises MalformedInput and
    NotExtended; what the stamper raises passes through.
    """
    settled = under_lists(files)
    made = {
        name: self_contained(octets_of(content), extension) if _is_open_token(name, settled) else content
        for name, content in files.items()
    }
    root = ""
    if NEWEST in made:
        # EN 319 162-1 A.7: the newest list has the plain name, those before it are renamed.
        root = _free(_OLDER, made)
        made = {root if name == NEWEST else name: content for name, content in made.items()}
    token = _free(_TOKEN, made)
    kind = extension.kind
    listing = manifest_of(token, _STAMP_MEDIA, made, kind, {name: _media(name) for name in made}, root)
    return {**made, NEWEST: listing, token: extension.stamper.stamp(kind, kind.digest(listing))}


def _is_open_token(name: str, settled: frozenset[str]) -> bool:
    return name.startswith(META) and name.lower().endswith(".tst") and name not in settled


def _free(pattern: str, taken: Collection[str]) -> str:
    for number in range(1, _MOST):
        name = pattern.format(f"{number:03d}")
        if name not in taken:
            return name
    raise NotExtended(f"the container has {_MOST} time-stamps already")


def _media(name: str) -> str:
    suffix = name[name.rfind(".") :].lower()
    if name.startswith(META) and suffix in _MEDIA:
        return _MEDIA[suffix]
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
