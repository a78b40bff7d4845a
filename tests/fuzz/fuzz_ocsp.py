"""What a stranger may send to the status service: OCSP requests in HTTP requests, and what is answered to them."""

import atheris

with atheris.instrument_imports(
    include=["hpki.issuance.ocsp_request", "hpki.certs.der_cursor", "hpki.errors"]
):
    from hpki.errors import MalformedInput
    from hpki.issuance.ocsp_request import MOST_CERTIFICATES, read_get_path, read_ocsp_request

from tests.fuzz.harness import run
from tests.hpki.issuance.test_ocsp_request import BAD, extended, extension, request_der, single, whole


def read(data: bytes) -> None:
    """The first octet chooses body or path; a request is read or refused in words, and its CertIDs are octets of it."""
    if not data:
        return
    try:
        octets = read_get_path(data[1:].decode("latin-1")) if data[0] % 2 else data[1:]
        request = read_ocsp_request(octets)
    except MalformedInput:
        return
    if not 0 < len(request.cert_ids) <= MOST_CERTIFICATES:
        raise AssertionError(f"{len(request.cert_ids)} certificates")
    for cert_id in request.cert_ids:
        if cert_id.der not in octets:
            raise AssertionError(f"{cert_id.der.hex()} was not asked")


NONCE = extended(0xA2, extension("1.3.6.1.5.5.7.48.1.2", b"\4\x20" + b"n" * 32))
SEEDS = [
    b"\0" + request_der(),
    b"\0" + whole(single(), single(), after=NONCE),
    *[b"\0" + bad for bad in BAD.values()],
    b"\1MEIwQDA+MDwwOjAJBgUrDgMCGgUABBQ",
]

if __name__ == "__main__":
    run("ocsp", read, SEEDS)
