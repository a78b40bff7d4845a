"""Writes containers: the mimetype first and plain, each file from where it lies (EN 319 162-1 A.1; APPNOTE 6.3)."""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from typing import BinaryIO

from hpki.errors import MalformedInput
from hpki.signatures.algorithms import SHA_256, HashKind
from hpki.signatures.asic.container import MIMETYPE, Entry, Kind
from hpki.signatures.content import Content


def write_container(
    kind: Kind,
    files: Mapping[str, bytes | Content],
    target: BinaryIO | None = None,
    *,
    signed_with: HashKind = SHA_256,
) -> bytes:
    """A container of the files; written to `target`, a seekable file, or returned.

    Files of another container are copied as they were packed.  Raises MalformedInput for content that is not any more
    what its hash (`signed_with`) was made of, and what reading it raises; then what stands in `target` is nothing.
    """
    out = io.BytesIO() if target is None else target
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(MIMETYPE), kind.value, zipfile.ZIP_STORED)
        for name, content in files.items():
            if isinstance(content, bytes):
                archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
            elif isinstance(content, Entry):
                _copy(archive, out, name, content)
            else:
                _pack(archive, name, content, signed_with)
    return out.getvalue() if isinstance(out, io.BytesIO) and target is None else b""


def _pack(archive: zipfile.ZipFile, name: str, content: Content, signed_with: HashKind) -> None:
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    seen = hashlib.new(signed_with.name, usedforsecurity=False)
    with archive.open(info, "w") as packed:
        for chunk in content.chunks():
            seen.update(chunk)
            packed.write(chunk)
    if seen.digest() != content.digest(signed_with.name):
        raise MalformedInput(name, "it changed while it was signed")


def _copy(archive: zipfile.ZipFile, out: BinaryIO, name: str, entry: Entry) -> None:
    """The octets as they were packed elsewhere, behind a header of their own."""
    info = zipfile.ZipInfo(name)
    info.compress_type = entry.info.compress_type
    info.CRC, info.compress_size, info.file_size = (
        entry.info.CRC,
        entry.info.compress_size,
        entry.info.file_size,
    )
    info.external_attr = 0o600 << 16
    out.seek(archive.start_dir)
    info.header_offset = out.tell()
    out.write(info.FileHeader(zip64=False))
    out.writelines(entry.packed())
    archive.start_dir = out.tell()
    archive.filelist.append(info)
    archive.NameToInfo[name] = info
