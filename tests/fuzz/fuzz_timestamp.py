"""What strangers send to the time-stamp authority, and what another authority may answer."""

import atheris

with atheris.instrument_imports(include=["hpki.issuance", "hpki.certs", "hpki.errors"]):
    from hpki.errors import MalformedInput, SignatureMismatch, TimeStampRefused
    from hpki.issuance.timestamp import prepare_token
    from hpki.issuance.timestamp_request import read_request
    from hpki.issuance.timestamp_response import granted, read_response, rejected
    from hpki.issuance.timestamp_syntax import PkiFailure
    from hpki.issuance.timestamp_token import prove_token, read_token

from tests import stamping
from tests.fuzz.harness import run
from tests.hpki.issuance.test_timestamp import HOSTILE, query

UNIT = stamping.unit()
TOKEN = stamping.token(query())


def read(data: bytes) -> None:
    """The first octet chooses the reader; what is read as a query also becomes a token's bytes."""
    if not data:
        return
    kind, sent = data[0] % 4, data[1:]
    try:
        if kind == 0:
            prepare_token(read_request(sent), UNIT, serial_number=1, at=stamping.AT)
        elif kind == 1:
            read_response(sent)
        elif kind == 2:
            read_token(sent)
        else:
            prove_token(sent, stamping.IMPRINT)
    except TimeStampRefused as refused:
        PkiFailure(refused.failure)
    except (MalformedInput, SignatureMismatch):
        return


SEEDS = [
    *[b"\0" + sent for sent, _failure in HOSTILE.values()],
    b"\0" + query(),
    b"\1" + granted(TOKEN),
    b"\1" + rejected(PkiFailure.BAD_ALG, "no"),
    b"\2" + TOKEN,
    b"\3" + TOKEN,
]

if __name__ == "__main__":
    run("timestamp", read, SEEDS)
