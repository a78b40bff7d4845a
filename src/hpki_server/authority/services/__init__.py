"""The authority's use cases; what other rooms may call."""

from hpki_server.authority.services.cards import (
    begin_personalisation,
    destroy_card,
    order_card,
    order_remote,
    remote_beside,
    reorder_card,
    scrap_card,
)
from hpki_server.authority.services.closing import close_open_records
from hpki_server.authority.services.handing_over import hand_over, new_challenge, prove_presence
from hpki_server.authority.services.issuers import register_issuer
from hpki_server.authority.services.issuing import IssueOrder, issue_certificates
from hpki_server.authority.services.personalising import personalise_card, record_personalised
from hpki_server.authority.services.pins import IssuedPins, read_pins, take_pins
from hpki_server.authority.services.publishing import publish_due, publish_now
from hpki_server.authority.services.remote_keys import certify_remote, certify_waiting
from hpki_server.authority.services.revoking import hold_card, release_card, revoke_card, revoke_certificate

__all__ = [
    "IssueOrder",
    "IssuedPins",
    "begin_personalisation",
    "certify_remote",
    "certify_waiting",
    "close_open_records",
    "destroy_card",
    "hand_over",
    "hold_card",
    "issue_certificates",
    "new_challenge",
    "order_card",
    "order_remote",
    "personalise_card",
    "prove_presence",
    "publish_due",
    "publish_now",
    "read_pins",
    "record_personalised",
    "register_issuer",
    "release_card",
    "remote_beside",
    "reorder_card",
    "revoke_card",
    "revoke_certificate",
    "scrap_card",
    "take_pins",
]
