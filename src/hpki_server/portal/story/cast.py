"""The people and offices of the demonstration, with passwords and TOTP secrets made at random on the first start."""

import datetime as dt
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import pyotp
from django.db import transaction

from hpki.keys.key_file import write_durably
from hpki.keys.secret import Secret
from hpki_server.enrollment.services.offices import OfficeLines, write_office_address
from hpki_server.people import queries, totp
from hpki_server.people.duties import Duty
from hpki_server.people.models import Account, Organisation
from hpki_server.people.officer import Officer
from hpki_server.people.services import accounts, organisations
from hpki_server.people.services.duties import grant_first_duty
from hpki_server.portal.story import billing
from hpki_server.portal.story.notebook import Notebook
from hpki_server.portal.story.stage import Stage

CENTRE, OKAYAMA, MINISTRY = "centre", "okayama", "ministry"
# No 0/o, 1/l/i: someone types these from a screen.
PASSWORD_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # noqa: S105 - an alphabet


@dataclass(frozen=True)
class Office:
    kind: Organisation.Kind
    code: str
    name: str
    name_en: str
    address: OfficeLines


@dataclass(frozen=True)
class Person:
    """One of the cast.  Staff hold duties; an applicant holds none."""

    key: str
    name: str
    kana: str
    duties: tuple[tuple[Duty, str], ...] = ()

    @property
    def username(self) -> str:
        return f"{self.key}@example.jp"


OFFICES = {
    CENTRE: Office(
        Organisation.Kind.CENTRE,
        "centre",
        "電子認証センター",
        "Certificate Centre",
        OfficeLines("113-8621", "東京都文京区本駒込2丁目28番16号", "03-0000-0000"),
    ),
    OKAYAMA: Office(
        Organisation.Kind.ASSOCIATION,
        "33",
        "岡山県医師会",
        "Okayama Medical Association",
        OfficeLines(
            "700-0024",
            "岡山県岡山市北区駅元町19番2号",
            "086-000-0000",
            ("平日 9時から17時まで", "土日・祝日・年末年始を除く"),
        ),
    ),
    MINISTRY: Office(
        Organisation.Kind.MINISTRY,
        "mhlw",
        "厚生労働省",
        "Ministry of Health, Labour and Welfare",
        OfficeLines("100-8916", "東京都千代田区霞が関1丁目2番2号", "03-0000-0001"),
    ),
}
# Desks under 岡山県医師会, whose clerk serves them too.
DESKS = """kind,code,parent,name,name_en
district,33-01,33,岡山市医師会,Okayama City Medical Association
district,33-02,33,倉敷市の医師会,Kurashiki Medical Association
hospital,3310199999,33,旭川見本病院,Asahikawa Specimen Hospital
"""
HANAKO = Person("hanako", "渡邉　花子", "ワタナベ　ハナコ")
TAKAHASHI = Person(
    "takahashi", "高橋　直子", "タカハシ　ナオコ", ((Duty.INTAKE, OKAYAMA), (Duty.PICKUP, OKAYAMA))
)
SATO = Person("sato", "佐藤　実", "サトウ　ミノル", ((Duty.VETTING, CENTRE),))
SUZUKI = Person("suzuki", "鈴木　恵", "スズキ　メグミ", ((Duty.APPROVAL, CENTRE),))
TANAKA = Person("tanaka", "田中　修", "タナカ　オサム", ((Duty.ISSUING, CENTRE),))
# Counts after 田中 and confirms what he proposes: batches, shredding, times of shortage; and after 伊藤 that a paused
# card goes on.
INOUE = Person("inoue", "井上　彩", "イノウエ　アヤ", ((Duty.ISSUING, CENTRE), (Duty.HOLDING, CENTRE)))
NAKAMURA = Person("nakamura", "中村　葵", "ナカムラ　アオイ", ((Duty.REGISTRY, CENTRE),))
# The second officer wherever 鈴木 or 中村 is the first: a change of membership, an emergency's papers, a disposition.
MATSUMOTO = Person(
    "matsumoto",
    "松本　明",
    "マツモト　アキラ",
    ((Duty.APPROVAL, CENTRE), (Duty.REGISTRY, CENTRE), (Duty.REVOKING, CENTRE)),
)
YAMAMOTO = Person("yamamoto", "山本　進", "ヤマモト　ススム", ((Duty.ACCOUNTS, CENTRE),))
KOBAYASHI = Person("kobayashi", "小林　誠", "コバヤシ　マコト", ((Duty.AUDIT, CENTRE),))
# The second auditor: the contents of the chain leave the house by two.
ONO = Person("ono", "小野　望", "オノ　ノゾミ", ((Duty.AUDIT, CENTRE),))
# Takes the calls about lost cards, and is the second officer of whatever 山本 proposes.
ITO = Person(
    "ito",
    "伊藤　薫",
    "イトウ　カオル",
    ((Duty.REVOKING, CENTRE), (Duty.HOLDING, CENTRE), (Duty.ACCOUNTS, CENTRE)),
)
# Two who keep the money: one proposes a refund, the other confirms it.
OGAWA = Person("ogawa", "小川　薫", "オガワ　カオル", ((Duty.CASHIER, CENTRE),))
KATO = Person("kato", "加藤　幸子", "カトウ　サチコ", ((Duty.CASHIER, CENTRE),))
# A second applicant has an account and nothing else, so that the journey can be walked by hand.
KEN = Person("ken", "髙橋　健", "タカハシ　ケン")
CAST = (
    HANAKO,
    KEN,
    TAKAHASHI,
    SATO,
    SUZUKI,
    TANAKA,
    INOUE,
    NAKAMURA,
    MATSUMOTO,
    YAMAMOTO,
    KOBAYASHI,
    ONO,
    ITO,
    OGAWA,
    KATO,
)


def engage(stage: Stage) -> None:
    """Every office and person that is not there yet, each whole or not at all."""
    notebook, at = stage.notebook, stage.now()
    for person in CAST:
        notebook.keep(f"password:{person.key}", _new_password())
        if person.duties:
            notebook.keep(f"totp:{person.key}", totp.new_secret().reveal())
    for office in OFFICES.values():
        _open_office(office, at=at)
    organisations.found_associations(by="system", at=at)
    organisations.import_desks(organisations.read_desk_lines(DESKS), by="system", at=at)
    billing.open_account(stage)
    for person in CAST:
        if not Account.objects.filter(username=person.username).exists():
            _engage(person, notebook, at=at)
    stage.tell(f"登場人物: {len(OFFICES)} offices, {len(CAST)} people, each officer with password and TOTP")


def newcomers(notebook: Notebook) -> list[Person]:
    """Of whom the notebook knows nothing: a later version brought them."""
    return [person for person in CAST if notebook.get(f"password:{person.key}") is None]


def account_of(person: Person) -> Account:
    return Account.objects.get(username=person.username)


def officer_of(person: Person, *, at: dt.datetime) -> Officer:
    return queries.officer_of(account_of(person), at=at)


def organisation_of(key: str) -> Organisation:
    office = OFFICES[key]
    return Organisation.objects.get(kind=office.kind, code=office.code)


def present_code(key: str, notebook: Notebook, *, at: dt.datetime) -> str | None:
    """What the authenticator app of one of the cast shows at that moment; None for someone without one."""
    secret = notebook.get(f"totp:{key}")
    return pyotp.TOTP(secret).at(at) if secret else None


def login_lines(notebook: Notebook, command: str) -> Iterator[str]:
    """One line per person: who, what for, and how to log in."""
    for person in CAST:
        password = notebook.get(f"password:{person.key}")
        second = f" + code from `{command} demo totp {person.key}`" if person.duties else ""
        yield f"{person.name}（{_task(person)}）: {person.username} / {password}{second}"


def write_logins(notebook: Notebook, command: str) -> None:
    """The same lines as a file, with what an authenticator app needs."""
    lines = list(login_lines(notebook, command))
    lines += [
        f"{person.key}: {totp.provisioning_uri(Secret(secret), person.username)}"
        for person in CAST
        if (secret := notebook.get(f"totp:{person.key}"))
    ]
    if pin := notebook.get("pin"):
        lines.append(f"{HANAKO.name} PIN / PUK: {pin} / {notebook.get('puk')}")
    write_durably(notebook.path.with_name("logins.txt"), ("\n".join(lines) + "\n").encode(), replace=True)


def _task(person: Person) -> str:
    if not person.duties:
        return "申請者 applicant"
    offices = "・".join(dict.fromkeys(OFFICES[where].name for _, where in person.duties))
    return f"{offices} {'・'.join(str(duty.label) for duty, _ in person.duties)}"


def _new_password() -> str:
    groups = ("".join(secrets.choice(PASSWORD_LETTERS) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


@transaction.atomic
def _open_office(office: Office, *, at: dt.datetime) -> None:
    if Organisation.objects.filter(kind=office.kind, code=office.code).exists():
        return
    organisation = Organisation(kind=office.kind, code=office.code, name=office.name, name_en=office.name_en)
    accounts.add_organisation(organisation, by="system", at=at)
    write_office_address(organisation_id=organisation.pk, address=office.address, by="system", at=at)


@transaction.atomic
def _engage(person: Person, notebook: Notebook, *, at: dt.datetime) -> None:
    password = Secret(notebook.get(f"password:{person.key}") or "")
    if not person.duties:
        registration = accounts.ApplicantRegistration(person.username, person.name, person.kana, password)
        accounts.register_applicant(registration, at=at)
        return
    account = accounts.create_staff(
        accounts.StaffRegistration(person.username, person.name, person.kana), by="system", at=at
    )
    token = accounts.setup_token(account)
    accounts.set_first_password(account_id=account.pk, token=token, password=password, at=at)
    accounts.enrol_known_totp(account, Secret(notebook.get(f"totp:{person.key}") or ""), at=at)
    for duty, where in person.duties:
        grant_first_duty(account=account, organisation=organisation_of(where), duty=duty, at=at)
