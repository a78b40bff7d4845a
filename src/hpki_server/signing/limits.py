"""How much one asker may have judged: octets of one document, and documents in a minute."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from hpki_server.people.denial import Denial
from hpki_server.people.network_address import address_of

DOCUMENT_OCTETS: Final = 25 * 1024 * 1024
_MINUTE: Final = 60


@dataclass(frozen=True)
class Rate:
    """So many in a minute from one address."""

    name: str
    most: int


PAGE: Final = Rate("page", 20)
MACHINE: Final = Rate("machine", 60)
# The queue: keys and tokens tried from one address, calls of one client system, cards that sign in.
KEYS: Final = Rate("keys", 1200)
CLIENT: Final = Rate("client", 600)
SIGN_IN: Final = Rate("sign-in", 30)
TOO_OFTEN: Final = Denial(
    "too_often", _("短い間に多くの文書が送られました。1 分ほど待ってから、もう一度お試しください。")
)
TOO_LARGE: Final = Denial("too_large", _("文書が大きすぎます。25 MB までの文書を検証できます。"))


def is_too_often(
    request: HttpRequest, rate: Rate, *, at: dt.datetime, store: "Counter | None" = None, asker: str = ""
) -> bool:
    """Whether this asker has had its share of this minute; asking counts.  `asker` "": the address."""
    minute = int(at.timestamp()) // _MINUTE
    key = f"signing:{rate.name}:{asker or address_of(request)}:{minute}".replace(" ", "-")
    return (store or _counted)(key) > rate.most


Counter = Callable[[str], int]


def _counted(key: str) -> int:
    cache.add(key, 0, timeout=2 * _MINUTE)
    try:
        return cache.incr(key)
    except ValueError:
        # It ended between the two lines; a new minute has begun.
        return 1
