"""What a certificate policy says: for what use, and whether the holder is real or a test person."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from cryptography import x509

from hpki import oids


class Use(StrEnum):
    """What a policy's certificates are for."""

    SIGNING = "signing"
    AUTHENTICATION = "authentication"
    ORGANISATION = "organisation"
    PRESENCE = "presence"
    TIME_STAMP = "time_stamp"
    JPKI_SIGNING = "jpki_signing"
    JPKI_AUTHENTICATION = "jpki_authentication"


@dataclass(frozen=True)
class KnownPolicy:
    """One policy; `environment` is "production" or "test"."""

    oid: x509.ObjectIdentifier
    use: Use
    environment: str


def _pair(
    use: Use, production: x509.ObjectIdentifier, test: x509.ObjectIdentifier
) -> tuple[KnownPolicy, KnownPolicy]:
    return KnownPolicy(production, use, "production"), KnownPolicy(test, use, "test")


KNOWN_POLICIES: Final[Mapping[x509.ObjectIdentifier, KnownPolicy]] = MappingProxyType(
    {
        policy.oid: policy
        for policy in (
            *_pair(Use.SIGNING, oids.POLICY_SIGNING, oids.POLICY_SIGNING_TEST),
            *_pair(Use.AUTHENTICATION, oids.POLICY_AUTHENTICATION, oids.POLICY_AUTHENTICATION_TEST),
            *_pair(Use.ORGANISATION, oids.POLICY_ORGANISATION, oids.POLICY_ORGANISATION_TEST),
            *_pair(Use.PRESENCE, oids.POLICY_PRESENCE, oids.POLICY_PRESENCE_TEST),
            *_pair(Use.TIME_STAMP, oids.POLICY_TIME_STAMP, oids.POLICY_TIME_STAMP_TEST),
            *_pair(Use.JPKI_SIGNING, oids.POLICY_JPKI_SIGNING, oids.POLICY_JPKI_SIGNING_TEST),
            *_pair(
                Use.JPKI_AUTHENTICATION,
                oids.POLICY_JPKI_AUTHENTICATION,
                oids.POLICY_JPKI_AUTHENTICATION_TEST,
            ),
        )
    }
)
