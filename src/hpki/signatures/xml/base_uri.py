"""Joins xml:base values as Canonical XML 1.1 asks for (W3C xml-c14n11, 2.4 and Appendix A).

RFC 3986 5.2 with these changes: a base without a scheme is joined too, a trailing ".." becomes "../", leading ".."
segments stay, and repeated slashes in a path become one.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit


def joined(references: Sequence[str]) -> str:
    """The references from the outermost inwards, joined into one; "" when nothing is left."""
    base = ""
    for reference in references:
        base = _join(base, reference)
    return base


def _join(base: str, reference: str) -> str:
    below, above = urlsplit(reference), urlsplit(base)
    scheme, authority, query = below.scheme, below.netloc, below.query
    has_authority = "//" in reference.partition("?")[0].partition("#")[0][: len(below.scheme) + 3]
    if below.scheme or has_authority:
        path = _without_dots(below.path)
        scheme = below.scheme or above.scheme
    else:
        scheme, authority = above.scheme, above.netloc
        if not below.path:
            path, query = _without_dots(above.path), below.query or above.query
        elif below.path.startswith("/"):
            path = _without_dots(below.path)
        else:
            path = _without_dots(_merged(above.path, below.path, rooted=bool(authority)))
    return (
        (f"{scheme}:" if scheme else "")
        + (f"//{authority}" if authority else "")
        + path
        + (f"?{query}" if query else "")
    )


def _merged(base: str, path: str, *, rooted: bool) -> str:
    if rooted and not base:
        return f"/{path}"
    return f"{base.rpartition('/')[0]}/{path}" if "/" in base else path


def _without_dots(path: str) -> str:
    absolute = path.startswith("/")
    parts = [part for part in path.split("/") if part]
    # "a/", "a/." and "a/.." name a folder: they end with a slash.
    folder = path.endswith("/") or bool(parts and parts[-1] in {".", ".."})
    kept: list[str] = []
    for part in parts:
        if part == "." or (part == ".." and absolute and not kept):
            continue
        if part == ".." and kept and kept[-1] != "..":
            kept.pop()
        else:
            kept.append(part)
    text = "/".join(kept)
    return ("/" if absolute else "") + text + ("/" if folder and kept else "")
