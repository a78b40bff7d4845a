"""A registered time-stamp authority with one unit, valid now: the page reads the machine's clock."""

import datetime as dt
from functools import cache

from cryptography.hazmat.primitives.serialization import Encoding
from django.utils import timezone

from hpki.issuance import profiles
from hpki.keys.algorithms import KeyAlgorithm
from hpki_server.authority import ports, services, stamping_units
from hpki_server.authority.models import Issuer
from hpki_server.authority.orders import IssuerRegistration
from hpki_server.authority.services.time_stamp_units import UnitOrder, set_up_unit
from hpki_server.authority.time_stamp_models import TimeStampUnit
from tests import pki

NOW = timezone.now().replace(microsecond=0)  # noqa: TID251 - the page reads the same clock
BEGAN = NOW - dt.timedelta(days=2)


@cache
def hierarchy() -> pki.Hierarchy:
    return pki.hierarchy(at=BEGAN)


def register() -> Issuer:
    """The root and the authority for time-stamps; gives the latter."""
    made = hierarchy()
    _registered("tsa-test-root", made.root, profiles.ROOT, parent=None, issues="")
    return _registered(
        "tsa-test",
        made.authority_for(profiles.TIME_STAMP),
        profiles.TIME_STAMP_CA,
        parent="tsa-test-root",
        issues="TIME_STAMP",
    )


def unit(algorithm: KeyAlgorithm = KeyAlgorithm.P_256) -> TimeStampUnit:
    register()
    stamping_units.forget()
    return set_up_unit(UnitOrder(algorithm=algorithm), by="system", at=NOW)


def _registered(
    slug: str, authority: pki.Authority, profile: profiles.Profile, *, parent: str | None, issues: str
) -> Issuer:
    issuer = services.register_issuer(
        IssuerRegistration(
            slug=slug,
            profile=profile.name,
            issues=issues,
            environment="test",
            certificate_der=authority.issuer.certificate.public_bytes(Encoding.DER),
            parent_slug=parent,
            key_store={"kind": "memory"},
            crl_url=authority.issuer.crl_url,
            cps_url=authority.issuer.cps_url,
            first_crl_der=authority.revocation_list(at=BEGAN).public_bytes(Encoding.DER),
            transcript_sha256="0" * 64,
        ),
        by="system",
        at=BEGAN,
    )
    ports.adopt(issuer, authority.signer)
    return issuer
