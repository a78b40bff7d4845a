"""How much one asker may have judged: octets of one document, and documents in a minute."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from hpki.signatures.records_beside import MOST_OCTETS, MOST_RECORDS
from hpki_server.people.denial import Denial
from hpki_server.people.network_address import address_of
from hpki_server.signing.counting import Counts

DOCUMENT_OCTETS: Final = 25 * 1024 * 1024


@dataclass(frozen=True)
class Rate:
    """So many in a minute from one asker.

    What is cheap to answer is added to the common count in steps (see `counting`); what costs is added one by one.
    """

    name: str
    most: int
    step: int = 1


PAGE: Final = Rate("page", 20)
MACHINE: Final = Rate("machine", 60)
# The queue: keys and tokens tried from one address, calls of one client system, cards that sign in.
KEYS: Final = Rate("keys", 1200, step=20)
CLIENT: Final = Rate("client", 600, step=20)
SIGN_IN: Final = Rate("sign-in", 30)
TOO_OFTEN: Final = Denial(
    "too_often", _("短い間に多くの文書が送られました。1 分ほど待ってから、もう一度お試しください。")
)
TOO_LARGE: Final = Denial("too_large", _("文書が大きすぎます。25 MB までの文書を検証できます。"))
RECORD_OCTETS: Final = MOST_OCTETS
RECORDS: Final = MOST_RECORDS
RECORDS_UNFIT: Final = Denial(
    "records_unfit",
    _("証拠記録は 16 個まで、1 個あたり 16 MB までです。この文書についての記録だけを選んでください。"),
)
# This process's own part; the sum stands in the database.
COUNTS: Final = Counts()


def is_too_often(request: HttpRequest, rate: Rate, *, at: dt.datetime, asker: str = "") -> bool:
    """Whether this asker has had its share of this minute; asking counts.  `asker` "": the address."""
    who = f"{rate.name}:{asker or address_of(request)}"
    return COUNTS.is_over(who, most=rate.most, step=rate.step, at=at)


def seconds_to_wait(at: dt.datetime) -> int:
    """Until the next minute begins, and every count with it."""
    return 60 - int(at.timestamp()) % 60


def are_records_unfit(sizes: Iterable[int | None]) -> bool:
    """Whether evidence records are too many, or one is too large."""
    known = [size or 0 for size in sizes]
    return len(known) > RECORDS or any(size > RECORD_OCTETS for size in known)
