"""The sentences of each kind of letter.  Pure.

A letter to a family keeps the manners of mourning: no season's greeting, no 「ますます」 and no other doubled word, none
that means 「again」, nothing about the holder's death in a blunt word, no punctuation marks in the sentences of sympathy,
nothing that the family must do.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Final

from hpki_server.lifecycle.events import LetterKind, LifeEvent, LifePaper
from hpki_server.lifecycle.letters.facts import Letter, LetterFacts
from hpki_server.people.japanese_dates import japanese_date
from hpki_server.people.typesetting.dates import japanese_date_and_western

GREETING: Final = "時下ますますご清祥のこととお慶び申し上げます。"
JAPAN: Final = dt.timezone(dt.timedelta(hours=9), "JST")
# Letters are Japanese whatever the language of the page on which they were asked for.
PAPER_NAMES: Final[Mapping[LifePaper, str]] = {
    LifePaper.LOSS_REPORT: "紛失届（別紙）",
    LifePaper.STOP_REPORT: "利用中止届（別紙）",
    LifePaper.DEATH_RECORD: "ご逝去を確認できる書類",
    LifePaper.LICENCE_COPY: "医師免許証の写し",
    LifePaper.RESIDENCE_RECORD: "住民票の写し（原本。コピーではお受けできません）",
    LifePaper.FAMILY_REGISTER: "戸籍謄本または抄本（旧姓が書類にあるため）",
    LifePaper.ALIAS_PROOF: "特別永住者証明書の写し（通称を印字するため）",
}
_FORM_LINES: Final = ("届出の年月日", "氏名（自署）", "生年月日", "連絡先の電話番号")


def written(facts: LetterFacts) -> Letter:
    """The letter in words."""
    return _WRITERS[facts.kind](facts)


def _moment(at: dt.datetime | None) -> str:
    if at is None:
        return ""
    here = at.astimezone(JAPAN)
    return f"{japanese_date(here.date())} {here:%H時%M分}"


def _day(on: dt.date | None) -> str:
    return japanese_date_and_western(on) if on else ""


def _contact(facts: LetterFacts) -> tuple[str, str]:
    phone = f"（電話 {facts.association_phone}）" if facts.association_phone else ""
    return "お問い合わせ", f"{facts.association}{phone}"


def _card(facts: LetterFacts) -> tuple[str, str]:
    return "カード番号", facts.card_id


def _polite(subject: str, body: tuple[str, ...], *items: tuple[str, str]) -> Letter:
    return Letter(subject, (GREETING, *body), items, "拝啓", "敬具")


def _expiry(facts: LetterFacts) -> Letter:
    left = (facts.ends_on - facts.written_on).days if facts.ends_on else 0
    remaining = f"　残り {left} 日" if left > 0 else ""
    return _polite(
        f"{facts.title}の有効期限のお知らせ",
        (
            f"さて、お持ちの{facts.title}は、下記のとおり有効期限を迎えます。",
            "引き続きご利用になる場合は、期限までに更新のお手続きをお願い申し上げます。",
        ),
        _card(facts),
        ("有効期限", f"{_day(facts.ends_on)}{remaining}"),
        ("期限の理由", facts.why),
        (
            "お手続き",
            f"期限までは、申請のページ（{facts.page_url}）から更新できます。期限を過ぎると、{facts.association}の窓口でのお手続きになります。",
        ),
        _contact(facts),
    )


def _exchange(facts: LetterFacts) -> Letter:
    return _polite(
        f"{facts.title}の交換のお願い",
        (
            f"さて、{facts.title}の電子証明書に使われている暗号方式は、安全を保つため、下記の日をもって使えなくなります。",
            "券面の有効期限が残っているカードも対象です。お手数ですが、お早めに新しいカードへの交換をお願い申し上げます。",
        ),
        _card(facts),
        ("使える最後の日", _day(facts.ends_on)),
        ("お手続き", f"申請のページ（{facts.page_url}）の「更新する」からお申し込みください。"),
        _contact(facts),
    )


def _loss_receipt(facts: LetterFacts) -> Letter:
    word = "盗難" if facts.event is LifeEvent.THEFT else "紛失"
    letter = _polite(
        f"{facts.title}の{word}の届出を受け付けました",
        (
            f"さて、{facts.title}の{word}のご連絡を受け、下記のとおり電子証明書を失効しました。",
            "このカードは、見つかってもお使いになれません。お手数ですが、別紙の紛失届をご提出ください。",
        ),
        _card(facts),
        ("失効の日時", _moment(facts.stopped_at)),
        ("紛失届の提出", f"{_day(facts.ends_on)}までに、{facts.association}へ郵送またはお持ちください。"),
        ("再発行", f"申請のページ（{facts.page_url}）または窓口でお申し込みいただけます。"),
        ("見つかったとき", "カードに鋏を入れ、窓口へお返しください。"),
        _contact(facts),
    )
    lines = ("失くした日・場所", "失くしたときの様子", "警察への届出（受理番号）")
    return _with_form(
        letter, "紛失届", f"{facts.title}（カード番号 {facts.card_id}）の紛失を届け出ます。", lines
    )


def _with_form(letter: Letter, title: str, sentence: str, lines: tuple[str, ...]) -> Letter:
    return Letter(
        letter.subject,
        letter.paragraphs,
        letter.items,
        letter.opening_word,
        letter.closing_word,
        form=(title, sentence, (*lines, *_FORM_LINES)),
    )


_WHY_REVOKED: Final[Mapping[LifeEvent | None, str]] = {
    LifeEvent.EMERGENCY: "緊急発行の際にお願いした書類が、期限までにそろいませんでした。",
    LifeEvent.LICENCE_REVOKED: "医籍において、免許の取消しの登録がされました。",
}


_WHAT_THEN: Final[Mapping[LifeEvent | None, str]] = {
    LifeEvent.EMERGENCY: "書類がそろいましたら、あらためて発行をお申し込みいただけます。",
    # An officer ended it without a case; the reason stands above.
    None: "新しいカードのお申し込みや、お心当たりのないときのお尋ねは、下記にお願いいたします。",
}


def _revoked(facts: LetterFacts) -> Letter:
    again = _WHAT_THEN.get(facts.event, "登録の内容についてのお尋ねは、厚生労働省にお願いいたします。")
    return Letter(
        "電子証明書の失効のお知らせ",
        (
            f"お持ちの{facts.title}の電子証明書を、下記のとおり失効しました。",
            "このカードは、署名・ログイン・受付のいずれにもお使いになれません。",
        ),
        (
            _card(facts),
            ("失効の日時", _moment(facts.stopped_at)),
            ("理由", _WHY_REVOKED.get(facts.event, facts.why)),
            ("今後のお手続き", again),
            _contact(facts),
        ),
        "前略",
        "草々",
    )


_WHY_SUSPENDED: Final[Mapping[LifeEvent | None, str]] = {
    LifeEvent.LICENCE_SUSPENDED: "医籍において、医業の停止の登録がされました。",
    None: "カードの所在などを確かめる必要が生じました。",
}


def _suspended(facts: LetterFacts) -> Letter:
    registered = facts.event is LifeEvent.LICENCE_SUSPENDED
    why = _WHY_SUSPENDED.get(facts.event, "紛失のおそれがあるとのご連絡をいただきました。")
    on = (
        f"停止の期間が終わったあとに、{facts.association}の窓口へお申し出ください。"
        if registered
        else f"見つかったときは、カードと写真付き身分証をお持ちのうえ、{facts.association}の窓口へお越しください。見つからないときは、失効の手続きをお願いいたします。"
    )
    return Letter(
        "電子証明書の一時停止のお知らせ",
        (f"お持ちの{facts.title}の電子証明書を、下記のとおり一時停止しました。",),
        (
            _card(facts),
            ("停止の日時", _moment(facts.stopped_at)),
            ("理由", why),
            ("再開", on),
            _contact(facts),
        ),
        "前略",
        "草々",
    )


def _resumed(facts: LetterFacts) -> Letter:
    return Letter(
        "電子証明書の利用再開のお知らせ",
        (
            f"一時停止しておりました{facts.title}の電子証明書を、下記のとおり再開しました。カードは、これまでどおりお使いになれます。",
            "再開をお申し出でない場合や、カードがお手元にない場合は、ただちに下記へご連絡ください。",
        ),
        (
            _card(facts),
            *([("停止の日時", _moment(facts.stopped_at))] if facts.stopped_at else []),
            ("再開の日時", _moment(facts.resumed_at)),
            _contact(facts),
        ),
        "前略",
        "草々",
    )


def _emergency_papers(facts: LetterFacts) -> Letter:
    names = "、".join(PAPER_NAMES[paper] for paper in facts.papers)
    return _polite(
        "緊急発行の際にお願いした書類について",
        (
            f"さて、緊急に発行いたしました{facts.title}につきまして、下記の書類がまだ届いておりません。",
            "期限までに届かない場合は、その翌日に電子証明書が自動的に失効し、カードがお使いになれなくなります。",
        ),
        _card(facts),
        ("お願いしている書類", names),
        ("期限", _day(facts.ends_on)),
        ("提出先", f"{facts.association}へ郵送またはお持ちください。"),
        _contact(facts),
    )


def _stop_confirmed(facts: LetterFacts) -> Letter:
    letter = _polite(
        f"{facts.title}の利用中止のお手続きについて",
        (
            f"さて、お申し出により、{facts.title}の利用を中止し、下記のとおり電子証明書を失効しました。",
            "これまでご利用いただき、ありがとうございました。",
        ),
        _card(facts),
        ("失効の日時", _moment(facts.stopped_at)),
        *(
            (
                (
                    "利用中止届の提出",
                    f"{_day(facts.ends_on)}までに、{facts.association}へ別紙をご提出ください。",
                ),
            )
            if facts.papers
            else ()
        ),
        ("カード", "鋏を入れて廃棄していただくか、窓口へお返しください。"),
        _contact(facts),
    )
    if not facts.papers:
        return letter
    sentence = f"{facts.title}（カード番号 {facts.card_id}）の利用を中止します。"
    return _with_form(letter, "利用中止届", sentence, ("中止の理由（任意）",))


def _condolence(facts: LetterFacts) -> Letter:
    return Letter(
        "",
        (
            f"このたびの{facts.holder.replace('　', '')}先生のご逝去の報に接し　心よりお悔やみ申し上げます",
            "ご生前のご功績に深く敬意を表し　謹んで哀悼の意を表します",
            f"先生がお持ちでした{facts.title}につきましては　当センターにてお手続きを済ませました　ご遺族の皆様にお願いする書類はございません",
            "カードは　お手元にお残しいただいて差し支えございません　ご返却くださる場合は　下記の窓口でお預かりいたします",
            "お尋ねがございましたら　お心が落ち着かれました折に　下記までお知らせくださいますようお願い申し上げます",
        ),
        (
            (
                "窓口",
                f"{facts.association}{f'　電話 {facts.association_phone}' if facts.association_phone else ''}",
            ),
        ),
        "謹啓",
        "謹白",
        prefix="故　",
        honorific="様　ご遺族様",
        is_plain=True,
    )


_WRITERS: Final[Mapping[LetterKind, Callable[[LetterFacts], Letter]]] = {
    LetterKind.EXPIRY: _expiry,
    LetterKind.EXCHANGE: _exchange,
    LetterKind.LOSS_RECEIPT: _loss_receipt,
    LetterKind.REVOKED: _revoked,
    LetterKind.SUSPENDED: _suspended,
    LetterKind.EMERGENCY_PAPERS: _emergency_papers,
    LetterKind.CONDOLENCE: _condolence,
    LetterKind.STOP_CONFIRMED: _stop_confirmed,
    LetterKind.RESUMED: _resumed,
}
