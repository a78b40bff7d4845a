"""The second factor: RFC 6238 codes of six digits, a step of 30 seconds, HMAC-SHA-1 as every authenticator app has it."""

import datetime as dt
import hmac
import unicodedata

import pyotp
import segno

from hpki.keys.secret import Secret

STEP_SECONDS = 30
# RFC 6238 5.2: "We RECOMMEND that at most one time step is allowed as the network delay."  A phone's clock may
# also run ahead, so one step to either side counts.
_DRIFT_STEPS = 1


def new_secret() -> Secret:
    """160 random bits, as RFC 4226 4 R6 recommends, in base 32."""
    return Secret(pyotp.random_base32(32))


def matching_step(secret: Secret, code: str, *, at: dt.datetime) -> int | None:
    """The time step that `code` belongs to, or None.  Whether the step was used before is for the caller."""
    typed = "".join(unicodedata.normalize("NFKC", code).split())
    generator = pyotp.TOTP(secret.reveal(), interval=STEP_SECONDS)
    present = int(at.timestamp()) // STEP_SECONDS
    for step in range(present - _DRIFT_STEPS, present + _DRIFT_STEPS + 1):
        if hmac.compare_digest(generator.generate_otp(step).encode(), typed.encode()):
            return step
    return None


def provisioning_uri(secret: Secret, username: str) -> str:
    """What an authenticator app reads from the QR picture."""
    generator = pyotp.TOTP(secret.reveal(), name=username, issuer="openhpki", interval=STEP_SECONDS)
    uri: str = generator.provisioning_uri()
    return uri


def qr_data_uri(uri: str) -> str:
    """The address as an SVG picture inside a data: URI, which the pages' content policy allows for images."""
    picture: str = segno.make(uri, error="m").svg_data_uri(scale=4, border=2, dark="#000000", light="#ffffff")
    return picture
