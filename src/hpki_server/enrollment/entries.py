"""What is written in an application, as frozen commands: well formed, and compared with nothing yet."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from hpki_server.enrollment.models import MemberKind, Sex
from hpki_server.enrollment.rules import FaceName, IdentityKind


@dataclass(frozen=True)
class Entries:
    """The same record whether it was typed at home or at a desk from paper."""

    family_name: str
    given_name: str
    family_kana: str
    given_kana: str
    family_romaji: str
    given_romaji: str
    born_on: dt.date
    sex: Sex
    registration_number: str
    registered_on: dt.date
    member_kind: MemberKind
    member_id: str
    postal_code: str
    address: str
    phone: str
    association_id: UUID
    # What stands beside the legal name on the card: nothing, the 旧姓, or the 通名 of a special permanent resident.
    face_name: FaceName = FaceName.LEGAL
    former_name_on_paper: bool = False
    former_family_name: str = ""
    former_family_kana: str = ""
    former_family_romaji: str = ""
    special_permanent_resident: bool = False
    alias_family_name: str = ""
    alias_given_name: str = ""
    alias_family_kana: str = ""
    alias_given_kana: str = ""
    alias_family_romaji: str = ""
    alias_given_romaji: str = ""
    # Typed at a desk only; an account has its own.
    email: str = ""

    @property
    def names_alias(self) -> bool:
        return self.face_name is FaceName.WITH_ALIAS or bool(self.alias_family_name or self.alias_given_name)


@dataclass(frozen=True)
class IdentityClaim:
    """The photo ID whose copy is handed in, as the applicant names it."""

    kind: IdentityKind
    expires_on: dt.date | None
    issued_on: dt.date | None = None
