"""What a revocation list shall say."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cryptography import x509

# Samples: nextUpdate minus thisUpdate is exactly 96 hours in all nine lists.
CRL_LIFE: Final = dt.timedelta(hours=96)


class ListScope(StrEnum):
    """Which certificates of its issuer a list speaks of."""

    ALL = "all"  # a sub-CA's full list
    ROOTS = "roots"  # RARL: the root's own certificate
    SUBORDINATES = "subordinates"  # SARL: the sub-CAs


@dataclass(frozen=True)
class RevokedEntry:
    """One revoked certificate.

    `reason` is None where none is given: RFC 5280 5.3.1 wants the entry without reasonCode rather than `unspecified`.
    """

    serial_number: int
    revoked_at: dt.datetime
    reason: x509.ReasonFlags | None = None


@dataclass(frozen=True)
class CrlRequest:
    """The content of one list; `number` grows with every list of an issuer (RFC 5280 5.2.3)."""

    scope: ListScope
    number: int
    this_update: dt.datetime
    next_update: dt.datetime
    entries: tuple[RevokedEntry, ...] = ()
