"""HPKI_ORIGIN: the address that people type, as pages, mails, cookies and cards' answers name it."""

from urllib.parse import urlsplit

DEFAULT = "http://localhost:8000"


def origin(text: str) -> str:
    """`https://host` or `https://host:port`, without a slash at its end; the default for "".

    Raises SystemExit with a sentence for anything else.
    """
    given = (text or DEFAULT).rstrip("/")
    try:
        parts = urlsplit(given)
        is_plain = bool(parts.hostname) and given.lower() == f"{parts.scheme}://{parts.netloc}".lower()
        has_port = parts.port is None or parts.port > 0
    except ValueError as error:
        raise SystemExit(_SENTENCE) from error
    if parts.scheme not in {"http", "https"} or not is_plain or not has_port or "@" in parts.netloc:
        raise SystemExit(_SENTENCE)
    return f"{parts.scheme}://{parts.netloc.lower()}"


_SENTENCE = "HPKI_ORIGIN cannot be used: write the address without a path, as in https://hpki.example.jp."
