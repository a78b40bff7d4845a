"""Coming in: password, then for officers a code; guesses are slowed, steps count once, sessions rest only so long."""

import datetime as dt
import re
from typing import Any

import pyotp
import pytest
from django.http import HttpResponseBase
from django.test import Client, RequestFactory
from django.utils import timezone

from hpki.keys.secret import Secret
from hpki_server.config.proxies import trusted_proxies
from hpki_server.people import rules, totp
from hpki_server.people.denial import Denied
from hpki_server.people.models import Account, AuditLine, LoginThrottle, TotpDevice
from hpki_server.people.network_address import address_of
from hpki_server.people.services import accounts, login
from tests import cast

pytestmark = pytest.mark.django_db
AT = cast.NOON
QR = re.compile(r'src="data:image/svg[^"]+"')
MINUTE = dt.timedelta(minutes=1)


def claim(role: cast.Role, *, password: str = cast.PASSWORD, address: str = "192.0.2.7") -> login.LoginClaim:
    return login.LoginClaim(role.username, Secret(password), address, role.kind)


def type_password(client: Client, role: cast.Role, **more: str) -> HttpResponseBase:
    page = "/staff/login/" if role.kind == Account.Kind.STAFF else "/login/"
    return client.post(page, {"username": role.username, "password": cast.PASSWORD} | more)


# Applicants


def test_hanako_registers_and_logs_in() -> None:
    client = Client()
    typed = {"name": "渡邉　花子", "kana": "", "username": "Hanako@Example.JP ", "password": cast.PASSWORD}
    assert client.post("/register/", typed | {"again": cast.PASSWORD}).status_code == 302
    account = Account.objects.get()
    assert (account.username, account.kind) == ("hanako@example.jp", "applicant")
    assert account.password.startswith("argon2$argon2id")
    done = client.post("/login/", {"username": "HANAKO@example.jp", "password": cast.PASSWORD})
    assert done.headers["Location"] == "/home/"
    assert "渡邉　花子 様" in client.get("/home/").text


def test_a_script_does_not_register_without_end() -> None:
    def register(number: int) -> None:
        accounts.register_applicant(
            accounts.ApplicantRegistration(
                f"r{number}@example.jp", "r", "", Secret(cast.PASSWORD), "192.0.2.7"
            ),
            at=AT,
        )

    for number in range(rules.REGISTRATION_PATIENCE.free):
        register(number)
    with pytest.raises(Denied, match="locked"):
        register(98)
    cast.account(cast.HANAKO)
    login.prove_password(claim(cast.HANAKO), at=AT)  # who is registered still comes in from there


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"password": "short", "again": "short"}, "12"),
        ({"password": "password1234", "again": "password1234"}, "よく使われ"),
        ({"again": "something else entirely"}, "二つのパスワードが違います"),
        ({"username": "not an address"}, "メールアドレスの形が正しくありません"),
        ({"name": ""}, "お名前を入力してください"),
    ],
)
def test_a_registration_that_cannot_be_says_why_and_keeps_what_was_typed(
    typed: dict[str, str], words: str
) -> None:
    cast.account(cast.KEN)
    good = {
        "name": "渡邉　花子",
        "username": "h@example.jp",
        "password": cast.PASSWORD,
        "again": cast.PASSWORD,
    }
    page = Client().post("/register/", good | typed)
    assert words in page.text
    assert (good | typed)["username"] in page.text
    assert 'aria-invalid="true"' in page.text


def test_registering_does_not_tell_who_is_registered() -> None:
    def register(username: str) -> tuple[int, str]:
        client = Client()
        typed = {
            "name": "x y",
            "username": username,
            "password": "another long one",
            "again": "another long one",
        }
        done = client.post("/register/", typed)
        return done.status_code, client.get(done.headers["Location"]).text.partition("<h1")[2].partition(
            "<form"
        )[0]

    for role in (cast.KEN, cast.SATO):
        cast.account(role)
        assert register(role.username) == register(f"new-{role.username}")
        assert cast.account(role).check_password(cast.PASSWORD)


@pytest.mark.parametrize(("role", "page"), [(cast.HANAKO, "/password/"), (cast.SATO, "/staff/password/")])
def test_one_changes_ones_own_password_and_other_sessions_end(role: cast.Role, page: str) -> None:
    here, elsewhere = cast.signed_in(role), cast.signed_in(role)
    fresh = "a long new sentence"
    typed = {"present": cast.PASSWORD, "password": fresh, "again": fresh}
    assert "いまのパスワードが違います" in here.post(page, typed | {"present": "wrong"}).text
    assert "12" in here.post(page, typed | {"password": "short", "again": "short"}).text
    assert cast.account(role).check_password(cast.PASSWORD)
    done = here.post(page, typed)
    assert done.status_code == 302
    assert "パスワードを変更しました" in here.get(done.headers["Location"]).text
    assert elsewhere.get(page).status_code == 302
    assert cast.account(role).check_password(fresh)
    assert AuditLine.objects.filter(act="account:change-password").count() == 1


def test_an_open_session_is_no_place_to_guess_at_the_password() -> None:
    client = cast.signed_in(cast.HANAKO)
    typed = {"present": "wrong", "password": "a long new sentence", "again": "a long new sentence"}
    for _try in range(rules.ACCOUNT_PATIENCE.free):
        client.post("/password/", typed)
    assert "分後にもう一度" in client.post("/password/", typed | {"present": cast.PASSWORD}).text


def test_a_half_login_ends_when_the_access_is_renewed() -> None:
    """Else a thief of the password could enrol an app of their own before the officer does."""
    client = Client()
    sato = cast.account(cast.SATO)
    assert type_password(client, cast.SATO).headers["Location"] == "/staff/login/code/"
    accounts.renew_access(account_id=sato.pk, by=cast.officer(cast.YAMAMOTO), at=AT)
    for page in ("/staff/login/app/", "/staff/login/code/"):
        assert client.get(page).headers["Location"] == "/staff/login/"
    assert not TotpDevice.objects.filter(account=sato).exists()


def test_the_second_login_shows_when_the_first_was() -> None:
    cast.account(cast.HANAKO)
    client = Client()
    type_password(client, cast.HANAKO)
    assert "はじめてのログイン" in client.get("/home/").text
    client.post("/logout/")
    type_password(client, cast.HANAKO)
    assert "前回ログイン 令和" in client.get("/home/").text


def test_an_officers_password_does_not_open_the_applicants_door_nor_the_other_way_round() -> None:
    cast.account(cast.SATO)
    cast.account(cast.HANAKO)
    wrong = "メールアドレスまたはパスワードが違います"
    assert wrong in Client().post("/login/", {"username": cast.SATO.username, "password": cast.PASSWORD}).text
    staff = Client().post("/staff/login/", {"username": cast.HANAKO.username, "password": cast.PASSWORD})
    assert wrong in staff.text


def test_who_exists_is_not_told() -> None:
    cast.account(cast.HANAKO)
    answers = {
        Client().post("/login/", {"username": name, "password": "wrong"}).text.count("違います")
        for name in (cast.HANAKO.username, "nobody@example.jp")
    }
    assert answers == {1}


def test_a_next_page_elsewhere_is_not_followed() -> None:
    cast.account(cast.HANAKO)
    assert type_password(Client(), cast.HANAKO, next="/home/?a=1").headers["Location"] == "/home/?a=1"
    assert type_password(Client(), cast.HANAKO, next="https://evil.example/").headers["Location"] == "/home/"
    assert type_password(Client(), cast.HANAKO, next="//evil.example/").headers["Location"] == "/home/"


# Officers


def test_sato_comes_in_with_password_and_code() -> None:
    cast.account(cast.SATO)
    client = Client()
    assert type_password(client, cast.SATO).headers["Location"] == "/staff/login/code/"
    assert client.get("/staff/").status_code == 302  # half a login opens nothing
    half = client.session.session_key
    done = client.post("/staff/login/code/", {"code": cast.code_now()})
    assert done.headers["Location"] == "/staff/"
    assert client.get("/staff/").status_code == 200
    assert client.session.session_key != half  # the session was renewed


def test_a_code_typed_in_full_width_digits_with_a_space_counts() -> None:
    cast.account(cast.SATO)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in cast.code(AT))
    login.accept_code(cast.account(cast.SATO), f"{wide[:3]}　{wide[3:]}", "::1", at=AT)


def test_a_code_counts_once() -> None:
    sato = cast.account(cast.SATO)
    login.accept_code(sato, cast.code(AT), "::1", at=AT)
    with pytest.raises(Denied, match="wrong_code"):
        login.accept_code(sato, cast.code(AT), "::1", at=AT + dt.timedelta(seconds=1))


def test_an_earlier_step_does_not_count_after_a_later_one() -> None:
    sato = cast.account(cast.SATO)
    login.accept_code(sato, cast.code(AT), "::1", at=AT)
    with pytest.raises(Denied, match="wrong_code"):
        login.accept_code(sato, cast.code(AT - dt.timedelta(seconds=30)), "::1", at=AT)


@pytest.mark.parametrize(("seconds", "counts"), [(-30, True), (30, True), (-60, False), (60, False)])
def test_a_clock_may_be_one_step_off(seconds: int, *, counts: bool) -> None:
    step = totp.matching_step(Secret(cast.TOTP_SECRET), cast.code(AT + dt.timedelta(seconds=seconds)), at=AT)
    assert (step is not None) is counts


def test_the_codes_are_those_of_rfc_6238() -> None:
    # RFC 6238 appendix B, SHA-1, its last six digits; the secret is the ASCII text of the RFC.
    secret = Secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    for seconds, code in ((59, "287082"), (1111111109, "081804"), (2000000000, "279037")):
        assert (
            totp.matching_step(secret, code, at=dt.datetime.fromtimestamp(seconds, dt.UTC)) == seconds // 30
        )


def test_the_secret_at_rest_is_sealed() -> None:
    device = TotpDevice.objects.get(account=cast.account(cast.SATO))
    assert cast.TOTP_SECRET.encode() not in bytes(device.sealed_secret)


def test_a_new_officer_sets_a_password_and_enrols_an_app() -> None:
    made = accounts.create_staff(
        accounts.StaffRegistration("neu@example.jp", "新任　一"), by=cast.officer(cast.YAMAMOTO), at=AT
    )
    link = f"/staff/setup/{made.pk}/{accounts.setup_token(made)}/"
    client = Client()
    typed = {"password": cast.PASSWORD, "again": cast.PASSWORD}
    assert client.post(link, typed).headers["Location"] == "/staff/login/"
    assert "使用済み" in client.post(link, typed).text
    half = client.post("/staff/login/", {"username": "neu@example.jp", "password": cast.PASSWORD})
    assert half.headers["Location"] == "/staff/login/app/"
    picture = QR.findall(client.get("/staff/login/app/").text)
    secret = login.totp_secret(TotpDevice.objects.get(account=made))
    assert len(picture) == 1
    assert QR.findall(client.get("/staff/login/app/").text) == picture  # a reload does not change the secret
    now = timezone.now()  # noqa: TID251 - pages read the real clock
    done = client.post("/staff/login/app/", {"code": pyotp.TOTP(secret.reveal()).at(now)})
    assert done.headers["Location"] == "/staff/"
    # Once confirmed, the secret is never shown again, not even after the password.
    other = Client()
    other.post("/staff/login/", {"username": "neu@example.jp", "password": cast.PASSWORD})
    assert other.get("/staff/login/app/").headers["Location"] == "/staff/login/code/"


def test_half_a_login_ends_after_five_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    cast.account(cast.SATO)
    client = Client()
    type_password(client, cast.SATO)
    later = timezone.now() + 6 * MINUTE  # noqa: TID251 - pages read the real clock
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert client.get("/staff/login/code/").headers["Location"] == "/staff/login/"


@pytest.mark.parametrize(
    ("rest", "status"), [(dt.timedelta(minutes=19), 200), (dt.timedelta(minutes=21), 302)]
)
def test_an_officers_session_ends_when_it_rests(
    monkeypatch: pytest.MonkeyPatch, rest: dt.timedelta, status: int
) -> None:
    client = cast.signed_in(cast.SATO)
    later = timezone.now() + rest  # noqa: TID251 - pages read the real clock
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert client.get("/staff/").status_code == status


def test_an_officers_session_ends_after_twelve_hours_even_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    client = cast.signed_in(cast.SATO)
    start = timezone.now()  # noqa: TID251 - pages read the real clock
    statuses = []
    for quarter in range(1, 50):
        later = start + quarter * dt.timedelta(minutes=15)
        monkeypatch.setattr(timezone, "now", lambda moment=later: moment)
        statuses.append(client.get("/staff/").status_code)
    assert statuses == [200] * 48 + [302]


def test_a_staff_session_without_second_factor_is_nobody() -> None:
    client = Client()
    client.force_login(cast.account(cast.SATO))
    assert client.get("/staff/").status_code == 302


def test_a_closed_account_is_out_at_once() -> None:
    client = cast.signed_in(cast.SATO)
    accounts.close_account(account_id=cast.account(cast.SATO).pk, by=cast.officer(cast.YAMAMOTO), at=AT)
    assert client.get("/staff/").status_code == 302
    with pytest.raises(Denied, match="wrong_login"):
        login.prove_password(claim(cast.SATO), at=AT)


# Guessing


def guess(role: cast.Role, at: dt.datetime, *, address: str = "192.0.2.7") -> str:
    with pytest.raises(Denied) as denied:
        login.prove_password(claim(role, password="guess", address=address), at=at)
    return denied.value.codes[0]


def test_five_wrong_passwords_lock_the_name_and_the_lock_grows() -> None:
    cast.account(cast.HANAKO)
    assert [guess(cast.HANAKO, AT) for _ in range(6)] == ["wrong_login"] * 5 + ["locked"]
    with pytest.raises(Denied, match="locked"):
        login.prove_password(claim(cast.HANAKO), at=AT)  # also the right password waits
    after = AT + MINUTE
    assert [guess(cast.HANAKO, after), guess(cast.HANAKO, after + MINUTE)] == ["wrong_login", "locked"]
    login.prove_password(claim(cast.HANAKO), at=after + 2 * MINUTE)
    assert guess(cast.HANAKO, after + 3 * MINUTE) == "wrong_login"  # counted afresh after a success


def test_a_name_that_does_not_exist_is_locked_the_same() -> None:
    stranger = cast.Role("stranger", "Stranger", "", Account.Kind.APPLICANT)
    assert [guess(stranger, AT) for _ in range(6)] == ["wrong_login"] * 5 + ["locked"]


def test_many_names_from_one_address_lock_the_address() -> None:
    roles = [cast.Role(f"g{number}", "", "", Account.Kind.APPLICANT) for number in range(31)]
    answers = [guess(role, AT) for role in roles]
    assert answers == ["wrong_login"] * 30 + ["locked"]
    cast.account(cast.HANAKO)
    with pytest.raises(Denied, match="locked"):
        login.prove_password(claim(cast.HANAKO), at=AT)
    login.prove_password(claim(cast.HANAKO, address="198.51.100.1"), at=AT)


def test_a_ward_behind_one_address_comes_in_however_many_they_are() -> None:
    cast.account(cast.HANAKO)
    for _ in range(rules.ADDRESS_PATIENCE.free + 5):
        login.prove_password(claim(cast.HANAKO), at=AT)
    assert guess(cast.KEN, AT) == "wrong_login"


def test_a_good_account_does_not_take_back_the_guesses_at_others() -> None:
    cast.account(cast.HANAKO)
    for number in range(rules.ADDRESS_PATIENCE.free - 1):
        guess(cast.Role(f"g{number}", "", "", Account.Kind.APPLICANT), AT)
        login.prove_password(claim(cast.HANAKO), at=AT)
    assert guess(cast.KEN, AT) == "wrong_login"
    assert guess(cast.KEN, AT) == "locked"


def test_codes_are_not_guessed_either() -> None:
    sato = cast.account(cast.SATO)
    answers = []
    for _ in range(6):
        with pytest.raises(Denied) as denied:
            login.accept_code(sato, "000000", "::1", at=AT)
        answers.append(denied.value.codes[0])
    assert answers == ["wrong_code"] * 5 + ["locked"]


def test_the_throttle_lists_nobody_by_name() -> None:
    guess(cast.HANAKO, AT)
    assert not any("hanako" in row.key or "192.0.2" in row.key for row in LoginThrottle.objects.all())


def test_locks_double_up_to_their_longest() -> None:
    minutes = [rules.ACCOUNT_PATIENCE.lock(failures) for failures in (4, 5, 6, 9, 10, 99)]
    assert minutes == [None, MINUTE, 2 * MINUTE, 16 * MINUTE, 30 * MINUTE, 30 * MINUTE]


def test_logins_and_refusals_leave_audit_lines_without_what_was_typed() -> None:
    cast.account(cast.HANAKO)
    guess(cast.HANAKO, AT)
    login.accept_login(login.prove_password(claim(cast.HANAKO), at=AT), at=AT)
    lines = AuditLine.objects.filter(act__startswith="login:").order_by("sequence")
    assert [(line.act, line.details) for line in lines] == [
        ("login:refuse", '{"factor":"password"}'),
        ("login:accept", "{}"),
    ]


def test_the_lock_is_told_in_words_and_minutes() -> None:
    cast.account(cast.HANAKO)
    pages = [
        Client().post("/login/", {"username": cast.HANAKO.username, "password": "wrong"}).text
        for _ in range(6)
    ]
    assert "1 分後にもう一度お試しください" in pages[-1]


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.7", "", "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", "192.0.2.7"),  # a stranger's header says nothing
        ("127.0.0.1", "10.0.0.1, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "198.51.100.1, 127.0.0.1", "198.51.100.1"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("::ffff:192.0.2.7", "", "192.0.2.7"),
        ("2001:db8::1234:5", "", "2001:db8::/64"),
        ("", "", "0.0.0.0"),  # noqa: S104 - the address of nobody
    ],
)
def test_the_address_of_a_try_is_what_our_own_side_saw(peer: str, forwarded: str, address: str) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded)
    assert address_of(request) == address


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("10.1.0.5", "198.51.100.1", "198.51.100.1"),
        # What the asker wrote stands to the left of what our front server saw.
        ("10.1.0.5", "192.0.2.99, 198.51.100.1", "198.51.100.1"),
        ("10.1.0.5", "10.1.0.6, 198.51.100.1", "198.51.100.1"),
        ("10.1.0.5", "127.0.0.1, 198.51.100.1", "198.51.100.1"),
        # Two front servers, one behind the other.
        ("10.1.0.5", "192.0.2.99, 198.51.100.1,10.1.0.6", "198.51.100.1"),
        ("10.1.0.5", "192.0.2.99, nonsense, 10.1.0.6", "10.1.0.6"),
        ("10.1.0.5", "", "10.1.0.5"),
        ("10.1.0.5", ", ".join(["192.0.2.99", *["10.1.0.6"] * 1000]), "10.1.0.6"),
        ("2001:db8:1::5", "2001:db8:2::7", "2001:db8:2::/64"),
        # A stranger who names a front server of ours is a stranger.
        ("192.0.2.7", "198.51.100.1, 10.1.0.5", "192.0.2.7"),
        ("10.1.1.5", "198.51.100.1", "10.1.1.5"),
    ],
)
def test_a_front_server_on_another_host_is_believed_for_what_it_saw_itself(
    settings: Any, peer: str, forwarded: str, address: str
) -> None:
    settings.TRUSTED_PROXIES = trusted_proxies("10.1.0.0/28, 2001:db8:1::5")
    request = RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded)
    assert address_of(request) == address


@pytest.mark.parametrize("text", ["proxy.example.jp", "10.1.0.5/24", "0.0.0.0/0", "10.1.0.5;10.1.0.6"])
def test_front_servers_are_named_by_address_and_never_everybody(text: str) -> None:
    with pytest.raises(SystemExit, match="HPKI_TRUSTED_PROXIES"):
        trusted_proxies(text)


def test_old_tries_are_forgotten_with_the_next_login() -> None:
    cast.account(cast.HANAKO)
    guess(cast.KEN, AT)
    later = AT + rules.LONGEST_MEMORY + MINUTE
    login.accept_login(login.prove_password(claim(cast.HANAKO, address="198.51.100.9"), at=later), at=later)
    assert LoginThrottle.objects.count() == 1


def test_pages_behind_a_login_are_not_stored_by_the_browser() -> None:
    assert "no-store" in cast.signed_in(cast.SATO).get("/staff/").headers["Cache-Control"]
    assert "no-store" in cast.signed_in(cast.HANAKO).get("/home/").headers["Cache-Control"]
