"""The papers and the plastic of Hanako's case: what they say, how large they are, what they refuse."""

import datetime as dt
import io
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from hpki.keys.secret import Secret
from hpki_server.enrollment import documents
from hpki_server.people.typesetting.glyphs import font_coverage

PRINTED_AT = dt.datetime(2026, 11, 5, 1, 30, tzinfo=dt.UTC)
HANAKOS_HOME = documents.PostalAddress(
    postal_code="700-0822",
    lines=("岡山県岡山市北区表町一丁目2番3号", "メゾン烏城 405号室"),
    phone="090-0000-0000",
)
CENTRE = documents.PostalAddress(
    postal_code="1138621", lines=("東京都文京区本駒込二丁目",), phone="03-0000-0000"
)


def photo(size: tuple[int, int] = (413, 531), fmt: str = "JPEG") -> bytes:
    picture = io.BytesIO()
    Image.new("RGB", size, "#cfdfec").save(picture, fmt)
    return picture.getvalue()


def application(**changes: object) -> documents.ApplicationFacts:
    facts = documents.ApplicationFacts(
        number="33-2026-000001",
        kind="新規",
        association="岡山県医師会",
        submitted_on=dt.date(2026, 11, 4),
        family_name="渡邉",
        given_name="花子",
        family_kana="ワタナベ",
        given_kana="ハナコ",
        romaji="WATANABE Hanako",
        born_on=dt.date(1983, 6, 2),
        sex="女性",
        qualification="医師",
        register_name="医籍",
        registration_number="464321",
        registered_on=dt.date(2008, 5, 1),
        member_kind="日医会員",
        member_id="1234567890",
        address=HANAKOS_HOME,
        email="hanako.watanabe@example.jp",
        at=PRINTED_AT,
        photo=photo(),
        documents=(documents.DocumentLine(name="医師免許証の写し", state="受領"),),
    )
    return replace(facts, **changes)  # type: ignore[arg-type]  # each test names the fields it changes


def postcard() -> documents.PostcardFacts:
    return documents.PostcardFacts(
        number="33-2026-000001",
        holder="渡邉　花子",
        to=HANAKOS_HOME,
        sender="電子認証センター",
        sender_address=CENTRE,
        pickup_place="岡山県医師会 事務局",
        pickup_address=documents.PostalAddress(postal_code="7000024", lines=("岡山県岡山市北区駅元町",)),
        pickup_hours=("平日 9時から17時まで",),
        pickup_from=dt.date(2026, 11, 9),
        pickup_until=dt.date(2027, 2, 8),
        notified_on=dt.date(2026, 11, 5),
        at=PRINTED_AT,
    )


def letter(pin: str = "482915", puk: str = "7391640258361974") -> documents.PinLetterFacts:
    return documents.PinLetterFacts(
        number="33-2026-000001",
        card_id="33-0000000017",
        holder="渡邉　花子",
        to=HANAKOS_HOME,
        sender="電子認証センター",
        sender_address=CENTRE,
        pin=Secret(pin),
        puk=Secret(puk),
        tries=15,
        issued_on=dt.date(2026, 11, 5),
        at=PRINTED_AT,
    )


def card(**changes: object) -> documents.CardFaceFacts:
    facts = documents.CardFaceFacts(
        family_name="渡邉",
        given_name="花子",
        romaji="WATANABE Hanako",
        born_on=dt.date(1983, 6, 2),
        registration_number="464321",
        expires_on=dt.date(2031, 11, 3),
        card_id="33-0000000017",
        issued_on=dt.date(2026, 11, 4),
        issuer="電子認証センター",
        issuer_address=CENTRE,
        photo=photo(),
        member_id="1234567890",
        at=PRINTED_AT,
    )
    return replace(facts, **changes)  # type: ignore[arg-type]  # each test names the fields it changes


def words(pdf: bytes, page: int | None = None) -> str:
    """The text of a document (or one page of it) without the white space that layout adds."""
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    chosen = pages if page is None else [pages[page]]
    return re.sub(r"\s", "", "".join(one.extract_text() for one in chosen))


def millimetres(pdf: bytes) -> list[tuple[float, float]]:
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return [
        (round(float(p.mediabox.width) / 72 * 25.4, 2), round(float(p.mediabox.height) / 72 * 25.4, 2))
        for p in pages
    ]


def test_the_application_form_shows_every_entry() -> None:
    pdf = documents.application_form(application(former_name="山﨑"))
    text = words(pdf)
    for entry in (
        "医師資格証発行申請書",
        "33-2026-000001",
        "岡山県医師会",
        "申請日令和8年11月4日",
        "渡邉花子",
        "ワタナベハナコ",
        "WATANABEHanako",
        "山﨑",
        "昭和58年6月2日（1983-06-02）",
        "女性",
        "第464321号",
        "医籍登録年月日平成20年5月1日（2008-05-01）",
        "日医会員ID1234567890",
        "〒700-0822岡山県岡山市北区表町一丁目2番3号メゾン烏城405号室",
        "090-0000-0000",
        "hanako.watanabe@example.jp",
        "医師免許証の写し受領",
        "1/1",
    ):
        assert entry in text
    assert millimetres(pdf) == [(210.0, 297.0)]


def test_a_long_list_of_papers_goes_on_a_second_page_and_both_say_so() -> None:
    papers = tuple(documents.DocumentLine(name=f"添付書類 {i}") for i in range(30))
    pdf = documents.application_form(application(documents=papers))
    assert len(millimetres(pdf)) == 2
    assert "1/2" in words(pdf, 0)
    assert "2/2" in words(pdf, 1)
    assert "書類状況" in words(pdf, 1)  # the table's head is repeated


def test_a_form_without_photo_or_date_leaves_room_for_both() -> None:
    text = words(documents.application_form(application(photo=None, submitted_on=None)))
    assert "写真貼付欄" in text
    assert "申請日令和年月日" in text


def test_the_postcard_says_where_when_and_what_to_bring_and_only_in_person() -> None:
    pdf = documents.notice_postcard(postcard())
    assert millimetres(pdf) == [(100.0, 148.0), (100.0, 148.0)]
    assert "7000822" in words(pdf, 0)
    assert "渡邉花子様" in words(pdf, 0)
    text = words(pdf, 1)
    for sentence in (
        "岡山県医師会事務局",
        "令和8年11月9日から令和9年2月8日まで",
        "平日9時から17時まで",
        "このハガキ",
        "ご本人が署名して",
        "写真付き本人確認書類の原本",
        "代理の方にはお渡しできません",
    ):
        assert sentence in text


def test_the_postcard_travels_open_and_tells_neither_birth_date_nor_registration() -> None:
    text = words(documents.notice_postcard(postcard()))
    assert "昭和" not in text
    assert "登録番号" not in text


def test_the_pin_letter_reveals_pin_and_puk_once_and_says_how_many_tries() -> None:
    pdf = documents.pin_letter(letter())
    text = words(pdf)
    assert text.count("482915") == 1
    assert text.count("7391640258361974") == 1
    assert "15回続けて誤ると、カードはロックされます" in text
    assert "親展" in text
    assert millimetres(pdf) == [(210.0, 297.0)]


def test_a_pin_stays_out_of_the_facts_own_description() -> None:
    assert "482915" not in repr(letter())


def test_the_card_has_the_size_of_id_1_and_six_hundred_dots_per_inch() -> None:
    face = documents.card_face(card())
    # ISO/IEC 7810, ID-1: 85.60 × 53.98 mm.
    assert millimetres(face.front_pdf) == millimetres(face.back_pdf) == [(85.6, 53.98)]
    for png in (face.front_png, face.back_png):
        assert Image.open(io.BytesIO(png)).size == (2022, 1275)


def test_the_card_shows_the_entries_of_front_and_back() -> None:
    face = documents.card_face(card())
    front = words(face.front_pdf)
    for entry in (
        "医師資格証",
        "渡邉花子",
        "WATANABEHanako",
        "昭和58年6月2日（1983-06-02）",
        "第464321号",
        "1234567890",
        "令和13年11月3日（2031-11-03）",
    ):
        assert entry in front
    back = words(face.back_pdf)
    for entry in ("33-0000000017", "令和8年11月4日", "〒113-8621東京都文京区", "拾得された方は"):
        assert entry in back


def test_only_members_have_a_member_id_and_only_specimens_the_mark() -> None:
    plain = documents.card_face(card(member_id=""))
    assert "日医会員ID" not in words(plain.front_pdf)
    assert "見本" not in words(plain.front_pdf) + words(plain.back_pdf)
    specimen = documents.card_face(card(specimen=True))
    assert "見本" in words(specimen.front_pdf)
    assert "見本" in words(specimen.back_pdf)


def test_equal_facts_give_equal_bytes_and_another_moment_gives_others() -> None:
    assert documents.application_form(application()) == documents.application_form(application())
    assert documents.card_face(card()) == documents.card_face(card())
    later = application(at=PRINTED_AT + dt.timedelta(days=1))
    assert documents.application_form(application()) != documents.application_form(later)


def test_every_document_calls_itself_an_archive_file_that_a_screen_reader_reads() -> None:
    for pdf in (
        documents.application_form(application()),
        documents.notice_postcard(postcard()),
        documents.pin_letter(letter()),
        documents.card_face(card()).front_pdf,
    ):
        stream = pypdf.PdfReader(io.BytesIO(pdf)).root_object["/Metadata"].get_object()
        assert isinstance(stream, pypdf.generic.StreamObject)
        metadata = stream.get_data()
        assert b"<pdfaid:part>2</pdfaid:part>" in metadata
        assert b"<pdfuaid:part>1</pdfuaid:part>" in metadata


@pytest.mark.parametrize(
    "name",
    [
        '#panic("x")',
        '#read("/etc/passwd")',
        "$x^2$ *bold* _it_ `raw` <label> @ref = h",
        "]#set page(width: 1mm)[",
        '"}, "number": "33-2026-999999',
        "\\ // /* */ ~ --- ...",
        "<svg/> &amp; </image>",
    ],
)
def test_a_name_that_looks_like_code_is_printed_as_it_stands(name: str) -> None:
    pdf = documents.application_form(application(family_name=name))
    assert re.sub(r"\s", "", name) in words(pdf)
    assert millimetres(pdf) == [(210.0, 297.0)]


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=60))
def test_any_ascii_in_any_entry_prints(text: str) -> None:
    assert documents.application_form(application(given_name=text, romaji=text, email=text)).startswith(
        b"%PDF"
    )


@pytest.mark.parametrize(
    "name", ["渡邉", "髙橋", "𠮷田", "山﨑", "濵田", "栁", "齋藤", "圡屋", "德永", "曻", "Zoë Õ"]
)
def test_the_typeface_draws_the_characters_of_names(name: str) -> None:
    assert documents.missing_glyphs(name) == ()


def test_variants_of_a_character_are_drawn_as_asked() -> None:
    # 葛城市's 葛 and 葛飾区's 葛 differ only by the selector (Ideographic Variation Sequence).
    asked = ("葛\N{VARIATION SELECTOR-17}", "葛\N{VARIATION SELECTOR-18}")
    assert [documents.missing_glyphs(one) for one in asked] == [(), ()]
    pictures = [documents.card_face(card(family_name=one)).front_png for one in asked]
    assert pictures[0] != pictures[1]


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("花😀子", ("😀",)),
        ("𛀁き", ("𛀁",)),
        ("辻\N{VARIATION SELECTOR-17}\N{VARIATION SELECTOR-256}", ("\N{VARIATION SELECTOR-256}",)),
        ("葛\N{VARIATION SELECTOR-256}", ("葛\N{VARIATION SELECTOR-256}",)),
        ("\N{RIGHT-TO-LEFT OVERRIDE}花子", ("\N{RIGHT-TO-LEFT OVERRIDE}",)),
        ("\ue000", ("\ue000",)),
    ],
    ids=["emoji", "hentaigana", "stray selector", "unknown variant", "direction override", "private use"],
)
def test_a_character_without_glyph_is_named_and_never_printed_as_a_box(
    name: str, missing: tuple[str, ...]
) -> None:
    with pytest.raises(documents.UnprintableText) as raised:
        documents.card_face(card(given_name=name))
    assert raised.value.characters == missing
    assert f"U+{ord(missing[0][-1]):04X}" in str(raised.value)


def test_the_fonts_table_is_read_whole() -> None:
    coverage = font_coverage()
    assert ord("あ") in coverage.characters
    assert len(coverage.characters) > 40_000
    assert len(coverage.variants) > 10_000


def test_a_long_name_is_narrowed_and_stays_on_the_card() -> None:
    long = card(family_name="勅使河原" * 3, given_name="寿限無" * 5, romaji="Wolfeschlegelsteinhausen " * 4)
    face = documents.card_face(long)
    assert "勅使河原" * 3 + "寿限無" * 5 in words(face.front_pdf)
    right_edge = Image.open(io.BytesIO(face.front_png)).convert("L").crop((1945, 300, 2022, 1275))
    darkest = right_edge.getextrema()[0]
    assert isinstance(darkest, int | float)
    assert darkest > 200, "text reached the card's margin"


@pytest.mark.parametrize("fmt", ["JPEG", "PNG"])
def test_a_photo_of_any_shape_is_brought_to_the_passport_format(fmt: str) -> None:
    assert documents.application_form(application(photo=photo((1600, 900), fmt))).startswith(b"%PDF")


@pytest.mark.parametrize(
    "junk", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n\x00\x00", photo()[:200], b"GIF89a"]
)
def test_bytes_that_are_no_photo_are_refused_in_words(junk: bytes) -> None:
    with pytest.raises(documents.UnreadablePhoto, match="写真"):
        documents.card_face(card(photo=junk))


def test_a_wrong_postal_code_is_refused() -> None:
    with pytest.raises(ValueError, match="7桁"):
        documents.pin_letter(replace(letter(), to=replace(HANAKOS_HOME, postal_code="70-0822")))


def test_desks_print_at_the_same_time() -> None:
    with ThreadPoolExecutor(6) as desks:
        printed = list(desks.map(lambda _: documents.notice_postcard(postcard()), range(12)))
    assert all(one == other for one, other in pairwise(printed))
