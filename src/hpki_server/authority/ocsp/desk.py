"""The desk: whatever the short way has no answer for is read, looked up and signed here, or refused as RFC 6960 says."""

import datetime as dt
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from cryptography import x509
from django.db import Error as DatabaseError

from hpki.errors import HpkiError, KeyError_, MalformedInput
from hpki.issuance.ocsp import OcspFailure
from hpki.issuance.ocsp_request import NotAnswerable, OcspRequest, read_ocsp_request
from hpki.issuance.ocsp_responder import IssuerIdentity
from hpki.issuance.status import CertificateFacts
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


class _Asked(NamedTuple):
    request_der: bytes
    request: OcspRequest
    issuer: UUID


_FactsOf = Mapping[tuple[UUID, int], CertificateFacts]
_TRY_LATER = Reply(OcspFailure.TRY_LATER.der)


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
        [reply] = self.answer_all([request_der], at=at)
        return reply

    def answer_all(self, requests: Sequence[bytes], *, at: dt.datetime) -> list[Reply]:
        """The same for requests that wait together: the records are read once for all of them."""
        whole = at.replace(microsecond=0)
        try:
            self._reread_if_due()
            asked = [self._read(request_der) for request_der in requests]
            # What is known before the records are read is known to the answers.
            self._watch.look_if_due()
            known_change = self._watch.seen
            facts = _facts([one for one in asked if isinstance(one, _Asked)])
        except DatabaseError:
            logger.exception("The records cannot be read; no OCSP answers now")
            records.renew_connection()
            return [_TRY_LATER] * len(requests)
        return [
            self._answered(one, facts, known_change, whole) if isinstance(one, _Asked) else one
            for one in asked
        ]

    def _read(self, request_der: bytes) -> _Asked | Reply:
        try:
            request = read_ocsp_request(request_der)
            return _Asked(request_der, request, self._issuer_of(request))
        except NotAnswerable:
            return Reply(OcspFailure.UNAUTHORIZED.der)
        except MalformedInput:
            return Reply(OcspFailure.MALFORMED_REQUEST.der)

    def _answered(self, asked: _Asked, facts: _FactsOf, known_change: int, at: dt.datetime) -> Reply:
        try:
            return self._sign(asked, facts, known_change, at)
        except (KeyError_, DatabaseError):
            logger.exception("No OCSP answer now")
            records.renew_connection()
            return _TRY_LATER
        except HpkiError:
            logger.exception("An OCSP answer was not good enough to leave")
            return Reply(OcspFailure.INTERNAL_ERROR.der)

    def _sign(self, asked: _Asked, facts: _FactsOf, known_change: int, at: dt.datetime) -> Reply:
        unit = self._unit(asked.issuer, at)
        if unit is None:
            return _TRY_LATER
        request = asked.request
        pairs = [(cert_id, facts.get((asked.issuer, cert_id.serial_number))) for cert_id in request.cert_ids]
        terms = unit.terms(at=at, life=DEMAND_LIFE, nonce=request.nonce)
        body = unit.answer(pairs, terms)
        if request.nonce is not None:
            return Reply(body)
        reply = cacheable(body, int(terms.at.timestamp()), int(terms.next_update.timestamp()))
        if len(pairs) == 1:
            subject = (asked.issuer.hex, records.serial_hex(request.cert_ids[0].serial_number))
            self._ready.remember(asked.request_der, reply, subject, known_change, at.timestamp())
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


def _facts(asked: Sequence[_Asked]) -> _FactsOf:
    serials: dict[UUID, set[int]] = {}
    for one in asked:
        serials.setdefault(one.issuer, set()).update(
            cert_id.serial_number for cert_id in one.request.cert_ids
        )
    return {
        (issuer, serial): facts
        for issuer, wanted in serials.items()
        for serial, facts in records.facts_of(issuer, wanted).items()
    }
