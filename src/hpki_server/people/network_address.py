"""Where a request comes from, as our own side saw it."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

_MOST_PROXIES = 8


def address_of(request: HttpRequest) -> str:
    """Where a request comes from, for throttles and limits: an IPv4 address, or the /64 that one household or ward shares.

    Every front server adds the address that it saw itself to the right of X-Forwarded-For, so the list is read from the
    right, and only as long as whoever wrote an entry is one of ours: this machine, or one of `TRUSTED_PROXIES`.  What
    stands to the left of the first stranger is the stranger's own word.
    """
    found = _read(request.META.get("REMOTE_ADDR") or "") or IPv4Address(0)
    entries = request.META.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", _MOST_PROXIES)[-_MOST_PROXIES:]
    for entry in reversed(entries):
        before = _read(entry)
        if before is None or not _is_ours(found):
            break
        found = before
    return str(found if isinstance(found, IPv4Address) else ip_network((found, 64), strict=False))


def _is_ours(address: IPv4Address | IPv6Address) -> bool:
    return address.is_loopback or any(address in network for network in settings.TRUSTED_PROXIES)


def _read(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    # A server that listens on both protocols writes ::ffff:192.0.2.7.
    return getattr(address, "ipv4_mapped", None) or address
