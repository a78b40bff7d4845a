"""The second authority that stamps tree heads, built from settings."""

import secrets
from dataclasses import dataclass
from ipaddress import ip_network

from django.conf import settings

from hpki.errors import SignatureMismatch
from hpki.http import FetchLimits, HttpFetcher
from hpki.issuance import timestamp_response
from hpki.issuance.timestamp_request import ImprintHash, encode_request
from hpki.issuance.timestamp_token import read_token

_SECONDS = 10.0
# The address stands in our own settings, not in somebody's certificate: it may be one of our own network.
_EVERYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))


@dataclass(frozen=True)
class HttpStamper:
    """A time-stamp authority at a URL (RFC 3161 3.4)."""

    url: str

    def stamp(self, imprint: bytes) -> bytes:
        """The token.  Raises FetchError, TimeStampRefused, MalformedInput, SignatureMismatch."""
        nonce = secrets.randbits(64)
        fetcher = HttpFetcher(
            limits=FetchLimits(octets=timestamp_response.MOST_OCTETS, seconds=_SECONDS), reachable=_EVERYWHERE
        )
        query = encode_request(ImprintHash.SHA_256, imprint, nonce=nonce)
        token = timestamp_response.read_response(fetcher.post(self.url, query, "application/timestamp-query"))
        if read_token(token).tst_info.nonce != nonce:
            raise SignatureMismatch("the time-stamp answers another question")
        return token


def second_authority() -> HttpStamper | None:
    """The authority of settings.AUDIT_TSA_URL; None when there is none."""
    url: str = settings.AUDIT_TSA_URL
    return HttpStamper(url) if url else None
