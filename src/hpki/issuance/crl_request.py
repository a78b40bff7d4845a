"""What a revocation list shall say."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cryptography import x509

# Samples: nextUpdate minus thisUpdate is exactly 96 hours in all nine lists.
CRL_LIFE: Final = dt.timedelta(hours=96)
_SUFFIX: Final = ".crl"


class ListScope(StrEnum):
    """Which certificates of its issuer a list speaks of."""

    ALL = "all"  # a sub-CA's full list
    SHARD = "shard"  # those of a sub-CA whose distribution point names this list
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
class EntryBytes:
    """Encoded entries, one behind the other, each linted when it was written; made by `crl_stream` only."""

    der: bytes | memoryview
    count: int


NO_ENTRIES: Final = EntryBytes(b"", 0)


@dataclass(frozen=True)
class CrlRequest:
    """The content of one list; `number` grows with every list of an issuer (RFC 5280 5.2.3).

    `settled` are encoded entries that stand before `entries`; a serial is in one of the two only.
    """

    scope: ListScope
    number: int
    this_update: dt.datetime
    next_update: dt.datetime
    entries: tuple[RevokedEntry, ...] = ()
    settled: EntryBytes = NO_ENTRIES
    # A shard's address, as the certificates in it name it.
    shard_url: str = ""
    # A delta list names the complete list that it builds on.
    base_number: int | None = None
    # Where the newest delta to this complete list lies; "" = there is none.
    freshest_url: str = ""
    # Certificates that expired since then are still on the list; None = they leave it.
    expired_from: dt.datetime | None = None


def shard_url(crl_url: str, shard: int) -> str:
    """Where a shard of the list at `crl_url` lies; shard 0 is the list itself."""
    return f"{crl_url.removesuffix(_SUFFIX)}-{shard}{_SUFFIX}" if shard else crl_url


def delta_url(crl_url: str) -> str:
    """Where the newest delta to the list at `crl_url` lies."""
    return f"{crl_url.removesuffix(_SUFFIX)}-delta{_SUFFIX}"
