"""The desk: whatever the short way has no answer for is read, looked up and signed here, or refused as RFC 6960 says."""

import datetime as dt
import logging
import threading
import time
from typing import NamedTuple
from uuid import UUID

from cryptography import x509
from django.db import Error as DatabaseError
from django.db import connection

from hpki.errors import HpkiError, KeyError_, MalformedInput, ProfileViolation, SignatureMismatch
from hpki.issuance.ocsp import OcspFailure
from hpki.issuance.ocsp_request import NotAnswerable, OcspRequest, read_ocsp_request
from hpki.issuance.ocsp_responder import IssuerIdentity
from hpki_server.authority.models import Issuer
from hpki_server.authority.ocsp import records
from hpki_server.authority.ocsp.ready import ReadyAnswers, Reply, cacheable
from hpki_server.authority.ocsp.signing import DEMAND_LIFE, RespondingUnit, responding_unit
from hpki_server.authority.ocsp.watch import StatusWatch

logger = logging.getLogger(__name__)
# Issuers and responders change at ceremonies and once a fortnight; read again so often, and no more for a stranger.
_REREAD_SECONDS = 30


class _Known(NamedTuple):
    issuer: UUID
    identity: IssuerIdentity


class StatusDesk:
    """Signs answers on demand.  Threads may share it."""

    def __init__(self, ready: ReadyAnswers, watch: StatusWatch) -> None:
        self._ready = ready
        self._watch = watch
        self._issuers: list[_Known] = []
        self._units: dict[UUID, RespondingUnit | None] = {}
        self._read_at = -float(_REREAD_SECONDS)
        self._lock = threading.Lock()

    def answer(self, request_der: bytes, *, at: dt.datetime) -> Reply:
        """The answer or the refusal; never raises for what a stranger sends or a database does."""
        try:
            return self._answer(request_der, at.replace(microsecond=0))
        except NotAnswerable:
            return Reply(OcspFailure.UNAUTHORIZED.der)
        except MalformedInput:
            return Reply(OcspFailure.MALFORMED_REQUEST.der)
        except (KeyError_, DatabaseError):
            logger.exception("No OCSP answer now")
            connection.close_if_unusable_or_obsolete()
            return Reply(OcspFailure.TRY_LATER.der)
        except (ProfileViolation, SignatureMismatch, HpkiError):
            logger.exception("An OCSP answer was not good enough to leave")
            return Reply(OcspFailure.INTERNAL_ERROR.der)

    def _answer(self, request_der: bytes, at: dt.datetime) -> Reply:
        request = read_ocsp_request(request_der)
        self._reread_if_due()
        issuer = self._issuer_of(request)
        unit = self._unit(issuer, at)
        if unit is None:
            return Reply(OcspFailure.TRY_LATER.der)
        # What is known before the records are read is known to the answer.
        self._watch.look_if_due()
        known_change = self._watch.seen
        asked = [(cert_id, records.facts_of(issuer, cert_id.serial_number)) for cert_id in request.cert_ids]
        terms = unit.terms(at=at, life=DEMAND_LIFE, nonce=request.nonce)
        body = unit.answer(asked, terms)
        if request.nonce is not None:
            return Reply(body)
        reply = cacheable(body, int(terms.at.timestamp()), int(terms.next_update.timestamp()))
        if len(asked) == 1:
            subject = (issuer.hex, records.serial_hex(asked[0][0].serial_number))
            self._ready.remember(request_der, reply, subject, known_change, at.timestamp())
        return reply

    def _issuer_of(self, request: OcspRequest) -> UUID:
        """The issuer that all CertIDs name.  RFC 6960 4.2.2.2: a responder answers for the CA in the request."""
        for known in self._issuers:
            if all(known.identity.is_meant_by(cert_id) for cert_id in request.cert_ids):
                return known.issuer
        raise NotAnswerable("OCSP request", "it names an issuer for which nobody answers here")

    def _unit(self, issuer: UUID, at: dt.datetime) -> RespondingUnit | None:
        unit = self._units.get(issuer)
        if unit is None or not unit.lives_until(at + DEMAND_LIFE):
            with self._lock:
                unit = self._units[issuer] = responding_unit(issuer, at=at, life=DEMAND_LIFE)
        return unit

    def _reread_if_due(self) -> None:
        if time.monotonic() - self._read_at < _REREAD_SECONDS:
            return
        with self._lock:
            rows = Issuer.objects.values_list("id", "certificate_der")
            self._issuers = [
                _Known(issuer, IssuerIdentity(x509.load_der_x509_certificate(bytes(certificate_der))))
                for issuer, certificate_der in rows
            ]
            self._units.clear()
            self._read_at = time.monotonic()
