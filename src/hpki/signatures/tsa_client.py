"""A client of a time-stamp authority over HTTP (RFC 3161 3.4): asks, and believes only an answer to its own question."""

import secrets
from dataclasses import dataclass
from typing import Final

from hpki.errors import MalformedInput
from hpki.issuance.timestamp_request import ImprintHash, encode_request
from hpki.issuance.timestamp_response import read_response
from hpki.signatures.algorithms import HashKind
from hpki.signatures.cms.token import read_token
from hpki.validation.gather import Source

QUERY: Final = "application/timestamp-query"
_HASHES: Final = {
    "sha256": ImprintHash.SHA_256,
    "sha384": ImprintHash.SHA_384,
    "sha512": ImprintHash.SHA_512,
}


@dataclass(frozen=True)
class TsaClient:
    """One authority at one address, asked through one source (`hpki.http.HttpFetcher`)."""

    source: Source
    url: str

    def stamp(self, kind: HashKind, imprint: bytes) -> bytes:
        """A token of this hash (see `TimeStamper.stamp`)."""
        wanted = _HASHES.get(kind.name)
        if wanted is None:
            raise MalformedInput("time-stamp request", f"{kind.name} is not asked for")
        request = encode_request(wanted, imprint, nonce=secrets.randbits(63))
        token_der = read_response(self.source.post(self.url, request, QUERY))
        token = read_token(token_der, self.url)
        if token.imprint != imprint or token.imprint_hash != kind:
            raise MalformedInput("time-stamp token", f"{self.url} stamped something else")
        return token_der
