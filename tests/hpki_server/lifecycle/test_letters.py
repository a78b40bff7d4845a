"""Letters that an office would send: whom they address, what they say, which glyphs they keep."""

import datetime as dt
import io

import pytest
from pypdf import PdfReader

from hpki_server.enrollment.documents import PostalAddress
from hpki_server.lifecycle.events import LetterKind, LifeEvent, LifePaper
from hpki_server.lifecycle.letters import LetterFacts, letters_pdf, written
from hpki_server.people.typesetting.glyphs import UnprintableText

NOON = dt.datetime(2026, 11, 4, 3, tzinfo=dt.UTC)
# Words that a family in mourning must not read: doubling, repeating, blunt.
TABOO = ("ますます", "重ね", "再び", "たびたび", "死亡", "追伸", "清祥", "。", "、")


def facts(kind: LetterKind, **changed: object) -> LetterFacts:
    given: dict[str, object] = {
        "kind": kind,
        "card_id": "33-0000012-4",
        "holder": "渡邉　花子",
        "to": PostalAddress(postal_code="700-8570", lines=("岡山県岡山市北区内山下2-4-6",)),
        "sender": "日本医師会 電子認証センター",
        "sender_address": PostalAddress(postal_code="113-8621", lines=("東京都文京区本駒込2-28-16",)),
        "association": "岡山県医師会",
        "association_phone": "086-250-5111",
        "written_on": dt.date(2026, 11, 4),
        "page_url": "https://example.jp/home/",
        "ends_on": dt.date(2027, 5, 3),
        "why": "カードの有効期限",
        "event": LifeEvent.LOSS,
        "stopped_at": NOON,
        "resumed_at": NOON + dt.timedelta(hours=1),
        "papers": (LifePaper.RESIDENCE_RECORD,),
    }
    return LetterFacts(**{**given, **changed})  # type: ignore[arg-type]  # fields by name


def text_of(*letters: LetterFacts) -> str:
    pages = PdfReader(io.BytesIO(letters_pdf(letters, at=NOON))).pages
    return "\n".join(page.extract_text() for page in pages)


@pytest.mark.parametrize("kind", list(LetterKind))
def test_every_kind_is_addressed_dated_and_signed(kind: LetterKind) -> None:
    text = text_of(facts(kind)).replace("\n", "")
    for word in ("〒700-8570", "令和8年11月4日", "日本医師会 電子認証センター", "渡邉", "岡山県医師会"):
        assert word in text, word


def test_an_expiry_says_when_why_and_what_to_do() -> None:
    text = text_of(facts(LetterKind.EXPIRY)).replace("\n", "")
    assert "令和9年5月3日（2027-05-03）　残り 180 日" in text
    assert "カードの有効期限" in text
    assert "拝啓" in text
    assert "敬具" in text


def test_a_loss_brings_the_form_with_it() -> None:
    pages = PdfReader(io.BytesIO(letters_pdf([facts(LetterKind.LOSS_RECEIPT)], at=NOON))).pages
    assert len(pages) == 2
    assert "警察への届出" in pages[1].extract_text()
    assert "12時00分" in pages[0].extract_text()


def test_a_family_is_written_to_in_the_manners_of_mourning() -> None:
    letter = written(facts(LetterKind.CONDOLENCE, event=LifeEvent.DEATH))
    body = "".join((*letter.paragraphs, letter.opening_word, letter.closing_word))
    assert [word for word in TABOO if word in body] == []
    assert (letter.subject, letter.form, letter.is_plain) == ("", None, True)
    assert "故　渡邉　花子　様　ご遺族様" in text_of(facts(LetterKind.CONDOLENCE)).replace("\n", "")


def test_rare_glyphs_are_kept_and_one_that_cannot_be_drawn_is_no_box() -> None:
    text_of(facts(LetterKind.EXPIRY, holder="𠮷﨑　髙榮"))
    with pytest.raises(UnprintableText):
        text_of(facts(LetterKind.EXPIRY, holder="渡\ue000　花子"))


def test_equal_facts_give_equal_bytes() -> None:
    one = letters_pdf([facts(LetterKind.EXPIRY)], at=NOON)
    assert one == letters_pdf([facts(LetterKind.EXPIRY)], at=NOON)
