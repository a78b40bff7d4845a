"""One card from the first click to the holder's hand, with a mouse in Japanese, and by keyboard alone in English."""

import datetime as dt
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from django.db.models import F
from playwright.sync_api import Browser

from hpki_server.authority.models import Card
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.services.record import day_of
from tests import cast
from tests.browser.hands import Hands, Keys, Mouse
from tests.browser.words import Words
from tests.hpki_server.authority import stage
from tests.hpki_server.enrollment import desk

pytestmark = pytest.mark.django_db(transaction=True)
UNTIL = "2031-07-02"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "photo.jpg").write_bytes(desk.picture())
    (tmp_path / "dark.jpg").write_bytes(desk.picture(light=40))
    (tmp_path / "licence.jpg").write_bytes(desk.picture((1200, 900)))
    (tmp_path / "identity.png").write_bytes(desk.picture((900, 600), image_format="PNG"))
    return tmp_path


class Stage:
    """Windows for the cast on one site."""

    def __init__(self, browser: Browser, site: str, hands: type[Hands], language: str) -> None:
        self.browser, self.site, self.hands = browser, site, hands
        self.words = Words(language)
        self.looked: set[str] = set()
        self.officers: dict[str, Hands] = {}
        self.open_windows = ExitStack()
        self.locale = {"ja": "ja-JP", "en": "en-US"}[language]

    @contextmanager
    def window(self) -> Iterator[Hands]:
        context = self.browser.new_context(locale=self.locale, timezone_id="Asia/Tokyo", bypass_csp=False)
        complaints: list[str] = []
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None,
        )
        try:
            yield self.hands(page, self.site, looked=self.looked, language=self.words.language)
            assert complaints == []
        finally:
            context.close()

    def officer(self, role: cast.Role) -> Hands:
        """Logged in with password and code, and staying so: a code counts once."""
        if role.key not in self.officers:
            hands = self.officers[role.key] = self.open_windows.enter_context(self.window())
            hands.open("/staff/login/")
            hands.look("staff-login")
            hands.fill(self.words("メールアドレス"), role.username)
            hands.fill(self.words("パスワード"), cast.PASSWORD)
            hands.press(self.words("次へ"))
            hands.look("staff-code")
            # The server's clock is the real one.
            hands.fill(self.words("確認コード"), cast.code(dt.datetime.now(tz=dt.UTC)))  # noqa: TID251 - see above
            hands.press(self.words("ログインする"))
            hands.look("staff-home")
        return self.officers[role.key]


@pytest.fixture(params=[(Mouse, "ja"), (Keys, "en")], ids=["mouse-ja", "keyboard-en"])
def at_work(request: pytest.FixtureRequest, browser: Browser, site: str) -> Iterator[Stage]:
    stage.hierarchy()
    desk.offices()
    desk.registered()
    cast.organisation("osaka")
    for role in cast.EVERYONE:
        if role is not cast.HANAKO:
            cast.account(role)
    hands, language = request.param
    opened = Stage(browser, site, hands, language)
    with opened.open_windows:
        yield opened


def test_a_card_from_the_first_click_to_the_holders_hand(at_work: Stage, files: Path) -> None:
    hanako_applies(at_work, files)
    the_desk_takes_it_in(at_work)
    sato_sends_the_photo_back_and_hanako_replaces_it(at_work, files)
    two_officers_decide(at_work)
    tanaka_issues(at_work)
    hanako_fetches_her_card(at_work)
    assert Application.objects.get().state == "active"
    assert Card.objects.get().state == "active"


def hanako_applies(at_work: Stage, files: Path) -> None:
    words = at_work.words
    with at_work.window() as hanako:
        hanako.open("/register/")
        hanako.look("register")
        hanako.fill(words("お名前"), "渡邉　花子")
        hanako.fill(words("メールアドレス"), cast.HANAKO.username)
        hanako.fill(words("パスワード"), cast.PASSWORD)
        hanako.fill(words("パスワード（確認のためもう一度）"), cast.PASSWORD)
        hanako.press(words("登録する"))
        log_in(at_work, hanako)
        hanako.open("/applications/")
        hanako.look("mine")
        hanako.press(words("申請を始める"))
        hanako.look("entries-empty")
        write(at_work, hanako)
        hanako.look("papers-empty")
        hand_in(at_work, hanako, files)
        hanako.follow(words("ご確認と送信へ進む"))
        hanako.look("confirm")
        hanako.press(words("この内容で申請する"))
        hanako.look("progress-submitted")


def log_in(at_work: Stage, hanako: Hands) -> None:
    words = at_work.words
    hanako.look("login")
    hanako.fill(words("メールアドレス"), cast.HANAKO.username)
    hanako.fill(words("パスワード"), cast.PASSWORD)
    hanako.press(words("ログインする"))
    hanako.look("home")


def write(at_work: Stage, hanako: Hands) -> None:
    """Page by page, with a mistake first: everything else stays in its field."""
    words = at_work.words
    okayama = cast.organisation("okayama")
    hanako.fill(words("姓"), desk.TYPED["family_name"])
    hanako.fill(words("名"), desk.TYPED["given_name"])
    for label, field in (
        ("姓（カナ）", "family_kana"),
        ("名（カナ）", "given_kana"),
        ("姓（ローマ字）", "family_romaji"),
        ("名（ローマ字）", "given_romaji"),
    ):
        hanako.fill(words(label), desk.TYPED[field])
    hanako.fill(words("生年月日"), "昭和59年13月17日")
    hanako.choose(words("性別（戸籍）"), words("女"))
    hanako.press(words("保存して次へ進む"))
    hanako.look("name-wrong")
    hanako.fill(words("生年月日"), desk.TYPED["born_on"])
    hanako.press(words("保存して次へ進む"))
    hanako.look("other-names")
    hanako.press(words("保存して次へ進む"))
    hanako.look("licence")
    hanako.fill(words("医籍登録番号"), desk.TYPED["registration_number"])
    hanako.fill(words("医籍登録年月日"), desk.TYPED["registered_on"])
    hanako.choose(words("会員種別"), words("日医会員"))
    hanako.fill(words("日医会員ID"), desk.TYPED["member_id"])
    hanako.press(words("保存して次へ進む"))
    hanako.look("contact")
    hanako.fill(words("郵便番号"), desk.TYPED["postal_code"])
    hanako.fill(words("電話番号"), desk.TYPED["phone"])
    hanako.fill(words("住所"), desk.TYPED["address"])
    hanako.choose(words("お受け取りの医師会"), okayama.name if words.language == "ja" else okayama.name_en)
    hanako.press(words("保存して写真と書類へ進む"))


def hand_in(at_work: Stage, hanako: Hands, files: Path) -> None:
    words = at_work.words
    hanako.attach(words("顔写真のファイル"), files / "dark.jpg")
    hanako.press(words("送る"))
    hanako.look("photo-refused")
    hanako.attach(words("顔写真のファイル"), files / "photo.jpg")
    hanako.press(words("送る"))
    hanako.attach(words("医師免許証の写しのファイル"), files / "licence.jpg")
    hanako.press(words("送る"))
    hanako.choose(words("身分証の種類"), words("自動車運転免許証"))
    hanako.fill(words("有効期限"), UNTIL)
    hanako.attach(words("身分証の写しのファイル"), files / "identity.png")
    hanako.press(words("送る"))
    hanako.look("papers-complete")


def the_desk_takes_it_in(at_work: Stage) -> None:
    words = at_work.words
    clerk = at_work.officer(cast.TAKAHASHI)
    clerk.open("/intake/")
    clerk.look("intake")
    clerk.follow(Application.objects.get().number or "")
    clerk.look("take-in")
    clerk.press(words("受け付けて審査へ回す"))
    clerk.look("take-in-denied")
    clerk.tick(words("申請者ご本人が来られ、写真・身分証と同じ方です"))
    clerk.tick(words("住民票の写しの原本を確認しました（コピーは不可）"))
    clerk.choose(words("確認した身分証"), words("自動車運転免許証"))
    clerk.fill(words("身分証の番号"), desk.LICENCE_NUMBER)
    clerk.fill(words("身分証の有効期限"), UNTIL)
    clerk.press(words("受け付けて審査へ回す"))
    clerk.look("intake-empty")


def sato_sends_the_photo_back_and_hanako_replaces_it(at_work: Stage, files: Path) -> None:
    words = at_work.words
    sato = at_work.officer(cast.SATO)
    sato.open("/vetting/")
    sato.look("vetting")
    sato.follow(Application.objects.get().number or "")
    sato.look("vet")
    sato.follow(words("不備返送する"))
    sato.look("return")
    sato.tick(words("顔写真が不鮮明です"))
    sato.fill(words("申請者へのひとこと"), "OK")
    sato.press(words("返送する"))
    with at_work.window() as hanako:
        hanako.open("/login/")
        log_in(at_work, hanako)
        hanako.open("/applications/")
        hanako.follow(words("進み具合を見る"))
        hanako.look("progress-returned")
        hanako.follow(words("書類を差し替える"))
        hanako.look("papers-returned")
        hanako.attach(words("顔写真のファイル"), files / "photo.jpg")
        hanako.press(words("差し替える"))
        hanako.follow(words("ご確認と送信へ進む"))
        hanako.press(words("直した内容を送信する"))
    sato.open("/vetting/")
    sato.press(words("次の申請を開く"))
    for field in ("氏名", "生年月日", "住所", "医籍登録番号", "医籍登録年月日"):
        sato.tick(words(field))
    sato.tick(words("医師免許証の写しは申請の内容と一致します"))
    sato.tick(words("身分証の写しは申請の内容と一致します"))
    sato.tick(words("顔写真は本人の身分証と一致し、鮮明です"))
    sato.press(words("承認へ送る"))


def two_officers_decide(at_work: Stage) -> None:
    words = at_work.words
    suzuki = at_work.officer(cast.SUZUKI)
    suzuki.open("/approval/")
    suzuki.look("approval")
    suzuki.follow(Application.objects.get().number or "")
    suzuki.look("approve")
    suzuki.press(words("承認する"))


def tanaka_issues(at_work: Stage) -> None:
    words = at_work.words
    tanaka = at_work.officer(cast.TANAKA)
    tanaka.open("/issuing/")
    tanaka.look("issuing")
    tanaka.follow(Application.objects.get().number or "")
    tanaka.look("issuing-approved")
    tanaka.press(words("カードを発注する"))
    tanaka.look("issuing-ordered")
    tanaka.press(words("このカードに発行する"))
    tanaka.look("issuing-issued")
    tanaka.press(words("発送した（受取待ちにする）"))
    tanaka.look("issuing-denied")
    letter = tanaka.download(words("暗証番号通知書を印刷する（1 回限り）"))
    assert letter.read_bytes().startswith(b"%PDF-")
    tanaka.page.reload()
    tanaka.look("issuing-letter-printed")
    # The postcard goes two days later, which this test does not wait for.
    Application.objects.update(pin_letter_printed_at=F("pin_letter_printed_at") - desk.LETTERS_APART)
    tanaka.page.reload()
    assert tanaka.download(words("通知ハガキを印刷する")).read_bytes().startswith(b"%PDF-")
    tanaka.page.reload()
    tanaka.look("issuing-printed")
    printed = Application.objects.get()
    assert printed.pin_letter_printed_at is not None
    tanaka.follow(words("暗証番号通知書の投函を記録する"))
    tanaka.fill(words("投函日"), day_of(printed.pin_letter_printed_at).isoformat())
    tanaka.press(words("投函を記録する"))
    tanaka.open(f"/issuing/{printed.id}/")
    tanaka.follow(words("通知ハガキの投函を記録する"))
    tanaka.press(words("投函を記録する"))
    tanaka.open(f"/issuing/{printed.id}/")
    tanaka.press(words("発送した（受取待ちにする）"))


def hanako_fetches_her_card(at_work: Stage) -> None:
    words = at_work.words
    clerk = at_work.officer(cast.TAKAHASHI)
    clerk.open("/pickup/")
    clerk.look("pickup")
    # The reader of the postcard's code types the number and Enter.
    clerk.fill(words("受付番号・氏名・カナ"), Application.objects.get().number or "")
    clerk.press(words("絞り込む"))
    clerk.look("hand-over")
    clerk.tick(words("ご本人が来られ、写真と同じ方です"))
    clerk.tick(words("ご署名のある通知ハガキを受け取りました"))
    clerk.choose(words("確認した身分証"), words("自動車運転免許証"))
    clerk.fill(words("身分証の番号"), desk.LICENCE_NUMBER)
    clerk.fill(words("身分証の有効期限"), UNTIL)
    clerk.press(words("カードで確認する"))
    clerk.look("second-tap")
    clerk.press(words("もう一度確認して、お渡しする"))
    clerk.look("handed-over")
    with at_work.window() as hanako:
        hanako.open("/login/")
        log_in(at_work, hanako)
        hanako.open("/applications/")
        hanako.follow(words("進み具合を見る"))
        hanako.look("progress-active")
