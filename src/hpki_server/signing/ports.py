"""What the room is given: our own authority's anchors, lists and time-stamps, and the anchors that the operator put beside them."""

import datetime as dt
import time
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings

from hpki.errors import MalformedInput
from hpki.issuance.timestamp_request import ImprintHash, TimeStampRequest
from hpki.signatures.algorithms import HashKind
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts, read_certificate
from hpki.validation.policy import TrustAnchor
from hpki.validation.revocation_list import RevocationList, read_revocation_list
from hpki_server.authority.models import IssuedCrl, Issuer
from hpki_server.authority.services.time_stamping import give_token

MOST_ANCHORS: Final = 64


def trust_anchors() -> list[TrustAnchor]:
    """The roots of our own authority, and every certificate under HPKI_VAR/trust (*.pem, *.der, *.cer, *.crt)."""
    roots = Issuer.objects.filter(parent=None).values_list("certificate_der", flat=True)
    found = [read_certificate(bytes(octets)) for octets in roots]
    folder = Path(settings.VAR) / "trust"
    files = sorted(folder.glob("*.[pdc]??")) if folder.is_dir() else []
    for path in files[:MOST_ANCHORS]:
        found += _certificates(path, path.stat().st_mtime_ns)
    return [TrustAnchor(each) for each in dict.fromkeys(found)]


@lru_cache(maxsize=MOST_ANCHORS)
def _certificates(path: Path, _changed: int) -> list[CertificateFacts]:
    octets = path.read_bytes()
    if b"-----BEGIN" not in octets:
        return [read_certificate(octets)]
    try:
        certificates = x509.load_pem_x509_certificates(octets)
    except ValueError as error:
        raise MalformedInput(path.name, "is no certificate") from error
    return [read_certificate(each.public_bytes(Encoding.DER)) for each in certificates]


def own_evidence() -> Evidence:
    """Our issuers' certificates and their newest lists, so that what we issued needs no network."""
    issuers = [
        read_certificate(bytes(each)) for each in Issuer.objects.values_list("certificate_der", flat=True)
    ]
    lists: list[RevocationList] = []
    for issuer in Issuer.objects.values_list("id", flat=True):
        newest = IssuedCrl.objects.filter(issuer=issuer).order_by("-number").values_list("der", flat=True)[:2]
        lists += [_list(bytes(each)) for each in newest]
    return Evidence(tuple(issuers), tuple(lists))


@lru_cache(maxsize=32)
def _list(octets: bytes) -> RevocationList:
    return read_revocation_list(octets)


_IMPRINTS: Final = {each.hash.name: each for each in ImprintHash}


@dataclass(frozen=True)
class OwnTimeStamps:
    """Our own time-stamp authority, asked in this process, by a clock that was set to `at` and runs since then."""

    at: dt.datetime
    begun: float = field(default_factory=time.monotonic)

    def moment(self) -> dt.datetime:
        """`at` and what has passed since: a stamp never says a time before its document."""
        return self.at + dt.timedelta(seconds=time.monotonic() - self.begun)

    def stamp(self, kind: HashKind, imprint: bytes) -> bytes:
        """A token, recorded.  Raises MalformedInput for a hash that is not stamped, TimeStampRefused."""
        wanted = _IMPRINTS.get(kind.hash.name)
        if wanted is None:
            raise MalformedInput("time-stamp request", f"{kind.name} is not stamped")
        request = TimeStampRequest(wanted, wanted.identifier_der, imprint, wants_certificate=True)
        return give_token(request, at=self.moment())


def own_stamper(at: dt.datetime) -> OwnTimeStamps:
    """The time-stamp authority of this installation; made where `at` was read, and not inside a transaction."""
    return OwnTimeStamps(at)
