"""岡山県医師会 moves in: its cards of before become records, row by row, and a second time changes nothing."""

import csv
import datetime as dt
import io
from collections.abc import Mapping
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hpki_server.authority.models import Card, CardSeries
from hpki_server.authority.moving_in_rows import CardRow, RefusedCardRow, read_card_rows
from hpki_server.authority.rules import printed_number
from hpki_server.authority.services import moving_in
from hpki_server.authority.services.moving_in import MoveInReport, Outcome, RowResult
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine, Organisation
from tests import cast
from tests.hpki_server.authority import stage

pytestmark = pytest.mark.django_db
JAPAN = ZoneInfo("Asia/Tokyo")
HANAKO = {
    "カード番号": printed_number("33", 17),
    "発行日": "令和2年3月2日",
    "有効期限": "2025-03-01",
    "会員種別": "日医会員",
    "会員ID": "3300012345",
    "医師会コード": "33",
    "姓": "渡邉",
    "名": "花󠄁子",
    "姓カナ": "ﾜﾀﾅﾍﾞ",
    "名カナ": "はなこ",
    "姓ローマ字": "Watanabe",
    "名ローマ字": "Hanako",
    "生年月日": "昭和59年5月17日",
    "登録番号": "第 470123 号",
    "登録年月日": "H22.4.20",
    "停止日": "",
}


def sheet(*rows: Mapping[str, str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(HANAKO))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def hanako(**changed: str) -> dict[str, str]:
    return {**HANAKO, **changed}


def take(*rows: Mapping[str, str], at: dt.datetime = cast.NOON) -> MoveInReport:
    return take_file(sheet(*rows), at=at)


def take_file(octets: bytes, *, at: dt.datetime = cast.NOON) -> MoveInReport:
    cast.organisation("okayama")
    return moving_in.import_cards(io.BytesIO(octets), environment="test", by=cast.officer(cast.TANAKA), at=at)


def outcomes(report: MoveInReport) -> dict[Outcome, int]:
    return {outcome: count for outcome, count in report.counts.items() if count}


def test_a_row_becomes_a_card_with_its_glyphs_and_days() -> None:
    assert outcomes(take(HANAKO)) == {Outcome.IMPORTED: 1}
    card = Card.objects.get()
    assert (card.family_name, card.given_name) == ("渡邉", "花󠄁子")
    assert (card.family_kana, card.given_kana) == ("ワタナベ", "ハナコ")
    assert (card.born_on, card.registered_on) == (dt.date(1984, 5, 17), dt.date(2010, 4, 20))
    assert (card.registration_number, card.qualification_code) == ("470123", "physician")
    assert (card.member_kind, card.member_id) == ("member", "3300012345")
    assert card.issued_at == card.activated_at == dt.datetime(2020, 3, 2, tzinfo=JAPAN)
    assert card.expires_on == dt.date(2025, 3, 1)
    assert (card.state, card.origin, card.environment) == ("active", "imported", "test")
    assert card.certificates.count() == 0


def test_a_card_with_a_stop_date_has_stopped() -> None:
    take(hanako(停止日="2021-06-30"))
    assert Card.objects.get().state == Card.State.STOPPED


def test_the_same_file_again_changes_nothing() -> None:
    first = take(HANAKO)
    lines = AuditLine.objects.filter(subject_kind="card").count()
    again = take(HANAKO, at=cast.NOON + dt.timedelta(days=1))
    assert outcomes(again) == {Outcome.UNCHANGED: 1}
    assert again.rows == []
    assert again.sha256 == first.sha256
    assert AuditLine.objects.filter(subject_kind="card").count() == lines
    assert Card.objects.get().ordered_at == cast.NOON


def test_each_card_and_each_file_leave_one_line() -> None:
    report = take(HANAKO, hanako(カード番号="A-1"), hanako(カード番号="B-1234", 発行日="soon"))
    arrived = AuditLine.objects.get(act="card:move-in")
    assert arrived.facts() == {"card_id": HANAKO["カード番号"], "file": report.sha256}
    assert arrived.organisation == str(cast.organisation("okayama").id)
    whole = AuditLine.objects.get(act="cards:import")
    assert whole.subject_id == report.sha256
    assert whole.facts() == {"imported": 1, "unchanged": 0, "corrected": 0, "refused": 2}


def test_a_corrected_row_says_which_columns_and_leaves_a_line() -> None:
    take(HANAKO)
    [row] = take(hanako(姓="渡邊", 発行日="2020-03-03"), at=cast.NOON + dt.timedelta(days=1)).rows
    assert row.outcome is Outcome.CORRECTED
    assert [str(reason) for reason in row.reasons] == ["姓", "発行日"]
    card = Card.objects.get()
    assert card.family_name == "渡邊"
    assert card.issued_at == card.activated_at == dt.datetime(2020, 3, 3, tzinfo=JAPAN)
    line = AuditLine.objects.get(act="card:correct")
    assert line.facts()["columns"] == "family_name issued_at activated_at"


def test_a_file_may_end_a_card_and_never_brings_one_back() -> None:
    take(HANAKO)
    assert outcomes(take(hanako(停止日="2021-06-30"), at=cast.NOON + dt.timedelta(days=1))) == {
        Outcome.CORRECTED: 1
    }
    assert outcomes(take(HANAKO, at=cast.NOON + dt.timedelta(days=2))) == {Outcome.UNCHANGED: 1}
    assert Card.objects.get().state == Card.State.STOPPED


def test_a_card_made_here_is_never_touched() -> None:
    stage.hierarchy()
    ours = stage.ordered_card()
    [row] = take(hanako(カード番号=ours.card_id)).rows
    assert row.outcome is Outcome.REFUSED
    assert Card.objects.get().origin == Card.Origin.MADE


def test_the_next_order_takes_a_number_above_all_that_came() -> None:
    take(hanako(カード番号=printed_number("33", 41)), hanako(カード番号=printed_number("27", 9)))
    stage.hierarchy()
    assert stage.ordered_card().card_id == printed_number("33", 42)
    assert CardSeries.objects.get(prefecture="27").last_number == 9


def test_a_strange_number_of_our_own_pattern_does_not_use_the_series_up() -> None:
    take(hanako(カード番号=printed_number("33", 9_999_999)))
    assert not CardSeries.objects.filter(prefecture="33").exists()


def test_overseas_is_founded_when_the_first_card_names_it() -> None:
    take(hanako(医師会コード="48"), hanako(カード番号="X-0001", 医師会コード="48"))
    assert Organisation.objects.get(code="48").name == "海外"
    assert AuditLine.objects.filter(act="organisation:add").count() == 1


REFUSALS = [
    ({"カード番号": ""}, "カード番号は"),
    ({"カード番号": "33/17"}, "カード番号は"),
    ({"発行日": "2020-02-30"}, "発行日を日付として"),
    ({"発行日": "2026-11-05"}, "発行日が未来"),
    ({"発行日": "2009-01-01"}, "発行日が登録年月日より前"),
    ({"有効期限": "2020-03-02"}, "有効期限が発行日より前か"),
    ({"有効期限": "2027-03-01"}, "有効期限が発行日より前か"),
    ({"停止日": "2026-11-05"}, "停止日が発行日より前か"),
    ({"会員種別": "準会員"}, "会員種別は"),
    ({"会員種別": "非会員"}, "非会員の行に会員ID"),
    ({"会員ID": "３３　０"}, "会員IDは"),
    ({"医師会コード": "34"}, "医師会コード 34 の団体"),
    ({"姓": ""}, "姓と名がそろっていません"),
    ({"姓": "\ue000"}, "外字"),
    ({"姓": "渡<邉"}, "U+003C"),
    ({"姓": "渡\u202e邉"}, "U+202E"),
    ({"姓": "渡" * 61}, "長すぎます"),
    ({"姓カナ": "watanabe"}, "フリガナは"),
    ({"名ローマ字": "花子"}, "ローマ字は"),
    ({"生年月日": "1984-13-01"}, "生年月日を"),
    ({"生年月日": "2011-01-01"}, "登録年月日が生年月日より前"),
    ({"登録番号": "なし"}, "登録番号が"),
    ({"登録年月日": "いつか"}, "登録年月日を"),
]


@pytest.mark.parametrize(("changed", "words"), REFUSALS)
def test_a_refused_row_says_why_and_keeps_no_other_out(changed: dict[str, str], words: str) -> None:
    report = take(hanako(**changed), hanako(カード番号="OTHER-1"))
    assert outcomes(report) == {Outcome.REFUSED: 1, Outcome.IMPORTED: 1}
    [row] = report.rows
    assert row.line == 2
    assert words in " ".join(str(reason) for reason in row.reasons)


def test_the_same_number_twice_in_a_file_counts_once() -> None:
    [row] = take(HANAKO, hanako(姓="渡邊")).rows
    assert "2 行目" in str(row.reasons[0])
    assert Card.objects.get().family_name == "渡邉"


def test_names_and_kana_may_stand_in_one_column() -> None:
    octets = (
        "カード番号,発行日,有効期限,会員種別,医師会コード,氏名,フリガナ,ローマ字,生年月日,登録番号,登録年月日,資格\n"
        "OLD-0001,2020/3/2,2025/3/1,非会員,33,髙﨑　一,タカサキ　ハジメ,Takasaki Hajime,1984/5/17,470123,2010/4/20,薬剤師\n"
    )
    take_file(octets.encode("cp932"))
    card = Card.objects.get()
    assert (card.family_name, card.given_name, card.given_kana) == ("髙﨑", "一", "ハジメ")
    assert (card.given_romaji, card.qualification_code, card.member_kind) == (
        "Hajime",
        "pharmacist",
        "non-member",
    )


def test_a_file_that_breaks_off_leaves_nothing() -> None:
    with pytest.raises(Denied) as denied:
        take_file(sheet(HANAKO) + b'"OLD')
    assert denied.value.codes == ("not_csv",)
    assert Card.objects.count() == 0
    assert not AuditLine.objects.filter(act="cards:import").exists()


@pytest.mark.parametrize("role", [cast.SATO, cast.TAKAHASHI, cast.IDLE])
def test_only_who_issues_at_the_centre_may_move_cards_in(role: cast.Role) -> None:
    with pytest.raises(Denied) as denied:
        moving_in.import_cards(
            io.BytesIO(sheet(HANAKO)), environment="test", by=cast.officer(role), at=cast.NOON
        )
    assert denied.value.codes == ("duty_missing",)


def test_every_row_reaches_the_sink_though_the_report_keeps_only_those_to_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(moving_in, "MOST_ROWS_KEPT", 2)
    cast.organisation("okayama")
    heard: list[RowResult] = []
    octets = sheet(HANAKO, *(hanako(カード番号=f"OLD-{number}", 姓="") for number in range(4)))
    report = moving_in.import_cards(
        io.BytesIO(octets), environment="test", by="system", at=cast.NOON, sink=heard.append
    )
    assert [result.line for result in heard] == [2, 3, 4, 5, 6]
    assert (len(report.rows), report.rows_left_out) == (2, 2)


# --- properties ------------------------------------------------------------------------------------------------

DAYS = st.dates(dt.date(1, 1, 1), dt.date(9999, 12, 31)).map(str)
WILD = st.text(max_size=12)
ROWS = st.fixed_dictionaries(
    {
        column: st.one_of(st.just(value), DAYS, WILD)
        if column in {"発行日", "有効期限", "生年月日", "登録年月日", "停止日"}
        else st.one_of(st.just(value), WILD)
        for column, value in HANAKO.items()
    }
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ROWS, max_size=4))
def test_whatever_stands_in_the_cells_each_row_gets_one_answer(rows: list[dict[str, str]]) -> None:
    octets = sheet(*(hanako(**row) | {"登録番号": row["登録番号"] or "1"} for row in rows))
    answers = list(read_card_rows(io.BytesIO(octets), today=cast.NOON.date()))
    assert len(answers) == len(rows)
    for answer in answers:
        if isinstance(answer, RefusedCardRow):
            assert answer.reasons
        else:
            assert_sound(answer)


def assert_sound(row: CardRow) -> None:
    assert row.born_on < row.registered_on <= row.issued_on <= cast.NOON.date()
    assert row.issued_on < row.expires_on
    assert 4 <= len(row.card_id) <= 16
    assert row.names.family
    assert row.names.given


MANY = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(["日医会員", "非会員"]), st.sampled_from(["渡邉", "渡邊"])),
    min_size=1,
    max_size=8,
    unique_by=lambda row: row[0],
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MANY, st.data())
def test_neither_order_nor_repetition_changes_the_records(
    rows: list[tuple[int, str, str]], data: st.DataObject
) -> None:
    Card.objects.all().delete()
    cells = [
        hanako(カード番号=f"OLD-{number}", 会員種別=kind, 会員ID="", 姓=family)
        for number, kind, family in rows
    ]
    take(*cells)
    before = facts()
    assert len(before) == len(rows)
    turned = data.draw(st.permutations(cells))
    again = take(*turned, at=cast.NOON + dt.timedelta(hours=1))
    assert outcomes(again) == {Outcome.UNCHANGED: len(rows)}
    assert facts() == before


def facts() -> list[tuple[object, ...]]:
    return sorted(Card.objects.values_list("card_id", "member_kind", "family_name", "issued_at", "state"))
