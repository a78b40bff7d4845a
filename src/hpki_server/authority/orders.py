"""What other rooms ask of the authority, as frozen values."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from hpki_server.people.member_kind import MemberKind


@dataclass(frozen=True)
class HolderNames:
    """The holder's names with the glyphs as given: family name first in Japanese, romaji as on the certificate."""

    family: str
    given: str
    family_kana: str
    given_kana: str
    family_romaji: str
    given_romaji: str


@dataclass(frozen=True)
class CardOrder:
    """An approved application's order: everything the face and the certificates will say."""

    # The application's number; the same reference ordered twice is one card.
    reference: str
    # The association that hands the card over, and its prefecture (JIS X 0401, two digits).
    organisation_id: UUID
    prefecture: str
    # "production" or "test"
    environment: str
    names: HolderNames
    born_on: dt.date
    qualification_code: str
    registration_number: str
    registered_on: dt.date
    member_kind: MemberKind
    # "" for a non-member
    member_id: str
    photo_png: bytes
    # "guideline" or "jma", hpki.card.objects.Layout
    layout: str
    # What is printed beside the legal name, e.g. "旧姓 山田".
    beside_name: str = ""


@dataclass(frozen=True)
class IssuerRegistration:
    """What a key ceremony made: a certificate, where its key lives, and the first CRL."""

    slug: str
    # Names in hpki.issuance.profiles.PROFILES.
    profile: str
    # Profile of the end entities that it issues; "" for a root.
    issues: str
    environment: str
    certificate_der: bytes
    parent_slug: str | None
    key_store: Mapping[str, str]
    crl_url: str
    cps_url: str
    # The list with the highest number, and before it a root's other one.
    first_crl_der: bytes
    transcript_sha256: str
    earlier_crl_ders: tuple[bytes, ...] = ()
