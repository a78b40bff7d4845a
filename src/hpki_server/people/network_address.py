"""Where a request comes from, as our own side saw it."""

import contextlib
from ipaddress import IPv4Address, ip_address, ip_network

from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """Where a request comes from, for throttles and limits: an IPv4 address, or the /64 that one household or ward shares.

    A forwarded address counts only when the peer is this machine, that is, our own front server, and of a list only
    the last: the one that server saw itself.
    """
    peer = ip_address(request.META.get("REMOTE_ADDR") or "0.0.0.0")  # noqa: S104 - stands for unknown
    if peer.is_loopback:
        *_, last = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        with contextlib.suppress(ValueError):
            peer = ip_address(last.strip())
    return str(peer if isinstance(peer, IPv4Address) else ip_network((peer, 64), strict=False))
