"""HPKI_SMTP: where mail goes."""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from hpki.keys.secret import Secret


@dataclass(frozen=True)
class MailServer:
    host: str
    port: int
    user: str
    password: Secret
    # TLS from the first byte (smtps).
    sealed: bool


def mail_server(url: str) -> MailServer | None:
    """The server of smtp://host:25 or smtps://user:password@host:465; None for "".

    Raises SystemExit with a sentence for anything else.
    """
    if not url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port or {"smtp": 25, "smtps": 465}[parts.scheme]
    except (ValueError, KeyError) as error:
        raise SystemExit(_SENTENCE) from error
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise SystemExit(_SENTENCE)
    return MailServer(
        host=parts.hostname,
        port=port,
        user=unquote(parts.username or ""),
        password=Secret(unquote(parts.password or "")),
        sealed=parts.scheme == "smtps",
    )


# The address itself is not printed: it may carry a password.
_SENTENCE = "HPKI_SMTP cannot be used: write smtp://host:25 or smtps://user:password@host:465."
