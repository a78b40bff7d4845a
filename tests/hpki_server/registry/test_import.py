"""The registry's CSV: every row is told what became of it, and a second time changes nothing."""

import datetime as dt
import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from hpki_server.registry import csv_rows, queries, services
from hpki_server.registry.matching import Differs, Item, Matched, RegistryClaim
from hpki_server.registry.models import NameKey, RegistryEntry
from hpki_server.registry.services import ImportReport, Outcome, importing
from hpki_server.registry.services.importing import RowResult
from tests import cast
from tests.hpki_server.enrollment import desk

pytestmark = pytest.mark.django_db
HEADING = "登録番号,登録年月日,姓,名,フリガナ,生年月日\n"
HANAKO = "464321,平成20年5月1日,渡邉,花子,ワタナベ　ハナコ,1983-06-02\n"
ICHIRO = "第 400001 号,H1.5.1,佐々木,一郎,,昭和35年1月31日\n"


def take(text: str | bytes, *, at: dt.datetime = cast.NOON) -> ImportReport:
    octets = text if isinstance(text, bytes) else text.encode()
    return services.import_entries(io.BytesIO(octets), by=cast.officer(cast.NAKAMURA), at=at)


def outcomes(report: ImportReport) -> dict[Outcome, int]:
    return {outcome: count for outcome, count in report.counts.items() if count}


def reason(row: str) -> str:
    [result] = take(HEADING + row).rows
    assert result.outcome is Outcome.REFUSED
    return " ".join(str(reason) for reason in result.reasons)


def test_rows_become_entries_with_their_glyphs() -> None:
    assert outcomes(take(HEADING + HANAKO + ICHIRO)) == {Outcome.IMPORTED: 2}
    entry = RegistryEntry.objects.get(number="464321")
    assert (entry.family_name, entry.given_name) == ("渡邉", "花子")
    assert (entry.born_on, entry.registered_on) == (dt.date(1983, 6, 2), dt.date(2008, 5, 1))
    ichiro = RegistryEntry.objects.get(number="400001")
    assert (ichiro.born_on, ichiro.registered_on) == (dt.date(1960, 1, 31), dt.date(1989, 5, 1))


def test_a_second_time_changes_nothing() -> None:
    take(HEADING + HANAKO)
    report = take(HEADING + HANAKO)
    assert outcomes(report) == {Outcome.UNCHANGED: 1}
    assert report.rows == []


def test_of_two_imports_at_one_moment_one_is_asked_to_begin_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "_BATCH_ROWS", 1)

    def meanwhile(taken: RowResult) -> None:
        # The other one has read the same empty register and is quicker with the second row.
        if taken.line == 2:
            desk.registered(number="400001")

    file = io.BytesIO((HEADING + HANAKO + ICHIRO).encode())
    with pytest.raises(Denied, match="import_running"), transaction.atomic():
        services.import_entries(file, by=cast.officer(cast.NAKAMURA), at=cast.NOON, sink=meanwhile)
    assert not RegistryEntry.objects.exists()


def test_a_changed_row_says_what_changed() -> None:
    take(HEADING + HANAKO)
    [row] = take(HEADING + HANAKO.replace("渡邉", "高橋"), at=cast.NOON + dt.timedelta(days=1)).rows
    assert row.outcome is Outcome.CHANGED
    assert [str(reason) for reason in row.reasons] == ["姓: 渡邉 → 高橋"]
    entry = RegistryEntry.objects.get()
    assert entry.family_name == "高橋"
    assert {bytes(key.key).decode() for key in entry.keys.filter(kind="legal", name=None)} == {"高橋花子"}
    assert (entry.changed_at - entry.imported_at).days == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_the_three_encodings_of_the_field_are_read(encoding: str) -> None:
    text = HEADING + HANAKO.replace("渡邉", "髙﨑")  # both stand in CP932's IBM extension
    take(text.encode(encoding))
    assert RegistryEntry.objects.get().family_name == "髙﨑"


def test_a_whole_name_is_cut_at_its_space() -> None:
    take("氏名,登録番号,登録年月日,生年月日,資格\n渡邉　花子,464321,2008/5/1,1983/6/2,薬剤師\n")
    entry = RegistryEntry.objects.get()
    assert (entry.family_name, entry.given_name, entry.qualification) == ("渡邉", "花子", "pharmacist")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (HANAKO.replace("464321", "abc"), "登録番号が数字ではありません"),
        (HANAKO.replace("1983-06-02", "1983-02-30"), "生年月日を日付として読めません"),
        (HANAKO.replace("平成20年5月1日", "昭和64年2月1日"), "登録年月日を日付として読めません"),
        (HANAKO.replace("1983-06-02", "2010-06-02"), "登録年月日が生年月日より前です"),
        (HANAKO.replace("花子", ""), "姓と名がそろっていません"),
        ("464321,平成20年5月1日,渡邉,花子\n", "列の数が見出しと違います（見出し 6、この行 4）"),
        (HANAKO.replace("花子", "花" * 300), "長すぎる"),
        (HANAKO.replace("花子", "花\x00子"), "読めない文字"),
    ],
)
def test_a_refused_row_gives_its_reason(row: str, words: str) -> None:
    assert words in reason(row)
    assert not RegistryEntry.objects.exists()


def test_a_refused_row_keeps_no_other_out() -> None:
    report = take(HEADING + HANAKO.replace("464321", "x") + "\n" + ICHIRO)
    assert outcomes(report) == {Outcome.REFUSED: 1, Outcome.IMPORTED: 1}
    assert [row.line for row in report.rows] == [2, 4]


def test_the_same_number_twice_in_one_file_is_refused_with_the_first_ones_line() -> None:
    [_, second] = take(HEADING + HANAKO + HANAKO.replace("花子", "華子")).rows
    assert "2 行目にもあります" in str(second.reasons[0])
    assert RegistryEntry.objects.get().given_name == "花子"


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (b"", "columns_missing"),
        ("登録番号,姓,名\n".encode(), "columns_missing"),
        (HEADING.encode() + b"\xff\xfe\x00\xff", "unknown_encoding"),
        ((HEADING + '464321,"平成20年5月1日,渡邉').encode(), "not_csv"),
    ],
)
def test_a_file_that_cannot_be_read_writes_nothing(octets: bytes, code: str) -> None:
    with pytest.raises(Denied) as denied:
        take(octets)
    assert denied.value.codes == (code,)
    assert not RegistryEntry.objects.exists()


def test_a_file_may_not_be_endless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_rows, "MOST_ROWS", 1)
    with pytest.raises(Denied, match="too_many_rows"):
        take(HEADING + HANAKO + ICHIRO)
    monkeypatch.setattr(csv_rows, "MOST_OCTETS", 10)
    with pytest.raises(Denied, match="too_large"):
        take(HEADING)


def test_an_import_leaves_one_audit_line_with_its_counts_and_no_name() -> None:
    report = take(HEADING + HANAKO + ICHIRO)
    line = AuditLine.objects.get(act="registry:import")
    assert line.subject_id == report.sha256
    assert line.facts() == {"imported": 2, "unchanged": 0, "changed": 0, "refused": 0}


def test_an_officer_without_the_duty_is_refused() -> None:
    with pytest.raises(Denied, match="duty_missing"):
        services.import_entries(io.BytesIO(b""), by=cast.officer(cast.SATO), at=cast.NOON)


def test_the_registry_answers_a_claim() -> None:
    take(HEADING + HANAKO)
    claim = RegistryClaim("physician", "第464321号", "渡邉", "花子", dt.date(1983, 6, 2), dt.date(2008, 5, 1))
    assert isinstance(queries.find(claim), Matched)


def test_the_same_person_under_another_number_is_shown_beside_the_claim() -> None:
    take(HEADING + HANAKO)
    answer = queries.find(
        RegistryClaim("physician", "1", "渡邉", "花子", dt.date(1983, 6, 2), dt.date(2008, 5, 1))
    )
    assert isinstance(answer, Differs)
    assert answer.entry.number == "464321"
    assert [difference.item for difference in answer.differences] == [Item.NUMBER]


def test_the_page_imports_and_reports_row_by_row() -> None:
    client = cast.signed_in(cast.NAKAMURA)
    file = SimpleUploadedFile("registry.csv", (HEADING + HANAKO + HANAKO).encode("cp932", "replace"))
    page = client.post("/staff/registry/import/", {"file": file})
    assert page.status_code == 200
    assert "新しく取り込み <b>1</b>" in page.text
    assert "2 行目にもあります" in page.text
    assert "464321" in client.get("/staff/registry/?number=464321").text


def test_the_page_says_why_a_file_cannot_be_read() -> None:
    file = SimpleUploadedFile("registry.csv", b"a,b\n")
    page = cast.signed_in(cast.NAKAMURA).post("/staff/registry/import/", {"file": file})
    assert "見出しに次の列がありません" in page.text
    assert 'href="#id_file"' in page.text


def test_a_cell_of_the_file_is_no_formula_in_the_report_and_no_command_to_the_terminal(
    tmp_path: Path,
) -> None:
    file, told, out = tmp_path / "registry.csv", tmp_path / "report.csv", io.StringIO()
    file.write_text(
        HEADING + HANAKO.replace("464321", "=HYPERLINK(1)") + "\n" + HANAKO.replace("464321", "\x1b[2J")
    )
    with pytest.raises(CommandError):
        call_command("registry", "import", str(file), "--report", str(told), stdout=out)
    assert ",'=HYPERLINK(1)," in told.read_text(encoding="utf-8-sig")
    with pytest.raises(CommandError):
        call_command("registry", "import", str(file), stdout=out)
    assert "\x1b" not in out.getvalue()
    with pytest.raises(CommandError, match="No such file or directory"):
        call_command("registry", "import", str(file), "--report", str(tmp_path / "no" / "report.csv"))


def test_the_command_imports_and_writes_its_report(tmp_path: Path) -> None:
    file, told = tmp_path / "registry.csv", tmp_path / "report.csv"
    file.write_text(HEADING + HANAKO + "x,,,,,\n", encoding="utf-8")
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 rows were refused"):
        call_command("registry", "import", str(file), "--report", str(told), stdout=out)
    assert "imported 1" in out.getvalue()
    assert told.read_text(encoding="utf-8-sig").splitlines()[1].startswith("2,464321,imported")
    assert RegistryEntry.objects.count() == 1


def test_the_command_says_when_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("registry", "import", str(tmp_path / "none.csv"))


def test_names_beside_the_present_one_come_with_kind_and_source() -> None:
    heading = HEADING.strip() + ",旧姓,通称,ローマ字\n"
    take(heading + HANAKO.strip() + ",山田,金田　純子,WATANABE Hanako\n")
    names = {name.kind: name for name in RegistryEntry.objects.get().names.all()}
    assert {kind: name.family_name for kind, name in names.items()} == {
        "former": "山田",
        "alias": "金田",
        "romaji": "WATANABE Hanako",
    }
    assert names["alias"].given_name == "純子"
    assert all(
        name.source.startswith("取込ファイル ") and name.source.endswith(" 2 行目") for name in names.values()
    )
    again = take(heading + HANAKO.strip() + ",山田,金田　純子,WATANABE Hanako\n")
    assert outcomes(again) == {Outcome.UNCHANGED: 1}
    [row] = take(heading + HANAKO.strip() + ",鈴木,,\n").rows
    assert [str(reason) for reason in row.reasons] == ["旧姓: 追加"]


def test_a_name_until_now_becomes_history_and_is_still_found() -> None:
    take(HEADING + HANAKO)
    take(HEADING + HANAKO.replace("渡邉", "高橋"), at=cast.NOON + dt.timedelta(days=1))
    entry = RegistryEntry.objects.get()
    [earlier] = entry.names.all()
    assert (earlier.kind, earlier.family_name, earlier.given_name) == ("legal", "渡邉", "花子")
    assert earlier.to_on == dt.date(2026, 11, 5)
    assert earlier.source.startswith("取込ファイル ")
    keys = {bytes(key.key).decode() for key in entry.keys.exclude(kind="kana")}
    assert keys == {"高橋花子", "渡辺花子", "渡邊花子"}


def test_a_name_that_comes_back_and_goes_again_is_one_line_of_history() -> None:
    days = [cast.NOON + dt.timedelta(days=number) for number in range(4)]
    for at, name in zip(days, ("渡邉", "高橋", "渡邉", "高橋"), strict=True):
        take(HEADING + HANAKO.replace("渡邉", name), at=at)
    entry = RegistryEntry.objects.get()
    history = {name.family_name: name.to_on for name in entry.names.all()}
    assert history == {"渡邉": dt.date(2026, 11, 7), "高橋": dt.date(2026, 11, 6)}
    assert entry.changed_at == days[3]


def test_a_file_without_readings_takes_none_away() -> None:
    take(HEADING + HANAKO)
    columns = [HEADING.strip().split(","), HANAKO.strip().split(",")]
    text = "".join(",".join(row[:4] + row[5:]) + "\n" for row in columns)
    assert outcomes(take(text)) == {Outcome.UNCHANGED: 1}
    [row] = take(text.replace("渡邉", "高橋")).rows
    assert [str(reason) for reason in row.reasons] == ["姓: 渡邉 → 高橋"]
    assert RegistryEntry.objects.get().kana == "ワタナベ　ハナコ"


@pytest.mark.parametrize("file", ["the same", "all changed"])
def test_a_later_file_asks_for_all_of_its_rows_at_once_and_by_an_index(file: str) -> None:
    rows = [f"{400000 + number},H1.5.1,佐々木,一郎,ササキ　イチロウ,1960-01-31" for number in range(60)]
    heading = HEADING.strip() + ",旧姓\n"
    take(heading + "".join(f"{row},山田\n" for row in rows))
    changed = [row.replace("佐々木", "鈴木") + ",森\n" for row in rows]
    with CaptureQueriesContext(connection) as asked:
        report = take(heading + "".join([f"{row},山田\n" for row in rows] if file == "the same" else changed))
    assert (
        report.counts.total() == report.counts[Outcome.UNCHANGED if file == "the same" else Outcome.CHANGED]
    )
    assert len(asked) < 30
    if connection.vendor == "sqlite":
        questions = [one["sql"] for one in asked]
        reads = [
            sql for sql in questions if sql.startswith("SELECT") and "IN (" in sql and "registry_" in sql
        ]
        plans = [row for sql in reads for row in _plan(sql)]
        assert len(reads) == 2
        assert all("USING INDEX" in plan for plan in plans), plans


def _plan(sql: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        return [row[3] for row in cursor.fetchall()]


def test_a_glyph_without_a_character_is_imported_by_its_mj_code() -> None:
    take(HEADING + HANAKO.replace("渡邉", "渡&MJ026190;"))
    entry = RegistryEntry.objects.get()
    assert entry.family_name == "渡&MJ026190;"
    claim = RegistryClaim("physician", "464321", "渡邉", "花子", dt.date(1983, 6, 2), dt.date(2008, 5, 1))
    assert isinstance(queries.find(claim), Matched)


def test_a_whole_demonstration_register_is_imported_twice_without_effect(tmp_path: Path) -> None:
    file, out = tmp_path / "people.csv", io.StringIO()
    call_command("demo", "registry", "--people", "7000", "--seed", "3", "--csv", str(file))
    first = file.read_bytes()
    call_command("demo", "registry", "--people", "7000", "--seed", "3", "--csv", str(file))
    assert file.read_bytes() == first
    call_command("demo", "registry", "--people", "7000", "--seed", "3", stdout=out)
    assert "imported 7000" in out.getvalue()
    with file.open("rb") as stream:
        report = services.import_entries(stream, by="system", at=cast.NOON)
    assert outcomes(report) == {Outcome.UNCHANGED: 7000}


def test_keys_can_be_made_anew() -> None:
    take(HEADING.strip() + ",旧姓\n" + HANAKO.strip() + ",山田\n")
    before = set(NameKey.objects.values_list("key", "kind", "born_on"))
    out = io.StringIO()
    call_command("registry", "rekey", stdout=out)
    assert set(NameKey.objects.values_list("key", "kind", "born_on")) == before
    assert "entries 1" in out.getvalue()
    assert AuditLine.objects.filter(act="registry:rekey").exists()
