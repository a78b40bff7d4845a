"""The authority's use cases; what other rooms may call."""

from hpki_server.authority.services.cards import order_card
from hpki_server.authority.services.issuers import register_issuer

__all__ = ["order_card", "register_issuer"]
