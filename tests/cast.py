"""The cast: the people every test speaks of, made in the database with known passwords and TOTP secrets.

花子 is a physician and the holder; 健 is a pharmacist.  佐藤 vets and 鈴木 approves at the centre, 田中 issues there and
井上 with him, 高橋 is the LRA clerk at 岡山県医師会, 中村 keeps the registry, 山本 grants duties, 小林 audits, 伊藤 revokes and
holds.  Mallory forges, Stranger has nothing to do with anything.
"""

import datetime as dt
from dataclasses import dataclass
from functools import cache

import pyotp
from django.contrib.auth.hashers import make_password
from django.test import Client

from hpki.keys.secret import Secret
from hpki_server.people import queries
from hpki_server.people.access import LAST_SEEN, SECOND_FACTOR
from hpki_server.people.duties import Duty
from hpki_server.people.models import Account, DutyGrant, Organisation
from hpki_server.people.officer import Officer
from hpki_server.people.services.accounts import enrol_known_totp

PASSWORD = "correct horse battery staple"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
# A quiet Tuesday morning, before every moment of the tests.
EMPLOYED_AT = dt.datetime(2026, 4, 1, 9, 0, tzinfo=dt.UTC)
NOON = dt.datetime(2026, 11, 4, 3, 0, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Role:
    """One member of the cast: who it is and what it may do where."""

    key: str
    name: str
    kana: str
    kind: Account.Kind
    duties: tuple[tuple[Duty, str], ...] = ()

    @property
    def username(self) -> str:
        return f"{self.key}@example.jp"


def _staff(key: str, name: str, kana: str, *duties: tuple[Duty, str]) -> Role:
    return Role(key, name, kana, Account.Kind.STAFF, duties)


HANAKO = Role("hanako", "渡邉　花子", "わたなべ　はなこ", Account.Kind.APPLICANT)
KEN = Role("ken", "髙橋　健", "たかはし　けん", Account.Kind.APPLICANT)
MALLORY = Role("mallory", "Mallory", "まろりー", Account.Kind.APPLICANT)
SATO = _staff("sato", "佐藤　実", "さとう　みのる", (Duty.VETTING, "centre"))
SUZUKI = _staff("suzuki", "鈴木　恵", "すずき　めぐみ", (Duty.APPROVAL, "centre"))
TANAKA = _staff("tanaka", "田中　修", "たなか　おさむ", (Duty.ISSUING, "centre"))
TAKAHASHI = _staff(
    "takahashi", "高橋　直子", "たかはし　なおこ", (Duty.INTAKE, "okayama"), (Duty.PICKUP, "okayama")
)
# The second officer of the issuing desk: counts after 田中, confirms what he proposes.
INOUE = _staff("inoue", "井上　彩", "いのうえ　あや", (Duty.ISSUING, "centre"))
NAKAMURA = _staff("nakamura", "中村　葵", "なかむら　あおい", (Duty.REGISTRY, "centre"))
# The second officer where the centre approves and where it keeps the register.
MATSUMOTO = _staff(
    "matsumoto", "松本　明", "まつもと　あきら", (Duty.APPROVAL, "centre"), (Duty.REGISTRY, "centre")
)
YAMAMOTO = _staff("yamamoto", "山本　進", "やまもと　すすむ", (Duty.ACCOUNTS, "centre"))
KOBAYASHI = _staff("kobayashi", "小林　誠", "こばやし　まこと", (Duty.AUDIT, "centre"))
ITO = _staff("ito", "伊藤　薫", "いとう　かおる", (Duty.REVOKING, "centre"), (Duty.HOLDING, "centre"))
# Two who keep the money: one proposes a refund, the other confirms it.
OGAWA = _staff("ogawa", "小川　薫", "おがわ　かおる", (Duty.CASHIER, "centre"))
KATO = _staff("kato", "加藤　幸子", "かとう　さちこ", (Duty.CASHIER, "centre"))
# An officer of another association, and one whose duties have all ended.
OSAKA_CLERK = _staff("osaka", "大西　忍", "おおにし　しのぶ", (Duty.INTAKE, "osaka"), (Duty.PICKUP, "osaka"))
IDLE = _staff("idle", "無役　太郎", "むやく　たろう")

EVERYONE = (
    HANAKO,
    KEN,
    MALLORY,
    SATO,
    SUZUKI,
    TANAKA,
    INOUE,
    TAKAHASHI,
    NAKAMURA,
    MATSUMOTO,
    YAMAMOTO,
    KOBAYASHI,
    ITO,
    OGAWA,
    KATO,
    OSAKA_CLERK,
    IDLE,
)

_ORGANISATIONS = {
    "centre": (
        Organisation.Kind.CENTRE,
        "centre",
        "日本医師会 電子認証センター",
        "JMA Certificate Authority",
    ),
    "okayama": (Organisation.Kind.ASSOCIATION, "33", "岡山県医師会", "Okayama Medical Association"),
    "osaka": (Organisation.Kind.ASSOCIATION, "27", "大阪府医師会", "Osaka Medical Association"),
}


@cache
def _password_hash() -> str:
    # Argon2 is slow on purpose; the cast shares one hash a process.
    return make_password(PASSWORD)


def organisation(key: str) -> Organisation:
    """The centre, 岡山県医師会 or 大阪府医師会."""
    kind, code, name, name_en = _ORGANISATIONS[key]
    made, _ = Organisation.objects.get_or_create(
        kind=kind, code=code, defaults={"name": name, "name_en": name_en}
    )
    return made


def account(role: Role) -> Account:
    """The account of one of the cast, with its duties and a confirmed second factor."""
    found = Account.objects.filter(username=role.username).first()
    if found is not None:
        return found
    made = Account.objects.create(
        username=role.username,
        name=role.name,
        kana=role.kana,
        kind=role.kind,
        created_at=EMPLOYED_AT,
        password=_password_hash(),
    )
    for duty, where in role.duties:
        DutyGrant.objects.create(
            account=made, organisation=organisation(where), duty=duty.value, from_at=EMPLOYED_AT
        )
    if role.kind == Account.Kind.STAFF:
        enrol_known_totp(made, Secret(TOTP_SECRET), at=EMPLOYED_AT)
    return made


def officer(role: Role, *, at: dt.datetime = NOON) -> Officer:
    """One of the staff as services see them."""
    return queries.officer_of(account(role), at=at)


def code(at: dt.datetime) -> str:
    """What the cast's authenticator apps show at that moment."""
    return pyotp.TOTP(TOTP_SECRET).at(at)


def code_now() -> str:
    """What they show at this moment: pages read the real clock."""
    return code(dt.datetime.now(tz=dt.UTC))  # noqa: TID251 - as said


def signed_in(role: Role | None) -> Client:
    """A browser in which the person is logged in (None: nobody), without the two slow pages before it."""
    client = Client()
    if role is None:
        return client
    client.force_login(account(role))
    if role.kind == Account.Kind.STAFF:
        session = client.session
        now = int(dt.datetime.now(tz=dt.UTC).timestamp())  # noqa: TID251 - the session is compared with the real clock
        session[SECOND_FACTOR] = session[LAST_SEEN] = now
        session.save()
    return client
