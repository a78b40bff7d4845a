"""A file that somebody sent: its encoding is found, its columns are checked, and it never fills the memory."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpki_server.people.csv_file import CellRow, Limits, file_sha256, for_a_sheet, printable, read_cells
from hpki_server.people.denial import Denied

HEADING = "番号,姓,名\r\n"


def read(text: str | bytes, *required: str | tuple[str, ...], limits: Limits | None = None) -> list[CellRow]:
    octets = text if isinstance(text, bytes) else text.encode()
    return list(read_cells(io.BytesIO(octets), required=required or ("番号",), limits=limits))


def refusal(text: str | bytes, *required: str | tuple[str, ...], limits: Limits | None = None) -> str:
    with pytest.raises(Denied) as denied:
        read(text, *required, limits=limits)
    [code] = denied.value.codes
    return code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_the_three_encodings_of_the_field_are_told_apart(encoding: str) -> None:
    [row] = read(f"{HEADING}7, 髙﨑 ,一\r\n".encode(encoding))
    assert row == CellRow(2, {"番号": "7", "姓": "髙﨑", "名": "一"})


def test_the_columns_stand_in_any_order_and_empty_rows_are_left_out() -> None:
    rows = read("名,番号,姓\n,,\n一,7,髙\n\n二,8,髙\n")
    assert [(row.line, row.cells["番号"]) for row in rows] == [(3, "7"), (5, "8")]


def test_a_row_that_cannot_be_told_apart_keeps_no_other_out() -> None:
    long = "あ" * 201
    rows = read(f"{HEADING}7,髙\n8,{long},一\n9,\0,一\n10,髙,一\n")
    assert [bool(row.fault) for row in rows] == [True, True, True, False]
    assert "見出し 3、この行 2" in str(rows[0].fault)


def test_of_a_choice_one_column_is_enough() -> None:
    assert read("番号,氏名\n7,髙 一\n", "番号", ("姓", "氏名"))
    assert refusal("番号,名\n", "番号", ("姓", "氏名")) == "columns_missing"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "columns_missing"),
        ("姓,名\n髙,一\n", "columns_missing"),
        ("番号,姓,姓\n", "columns_twice"),
        (f'{HEADING}7,"髙,一\n', "not_csv"),
        (b"\x81\x20\xc3\x28", "unknown_encoding"),
        ("番号\n髙".encode("cp932") + b"\x81", "unknown_encoding"),
    ],
)
def test_what_is_wrong_with_the_whole_file_is_one_sentence(text: str | bytes, code: str) -> None:
    assert refusal(text) == code


def test_a_file_beyond_its_limits_is_refused() -> None:
    assert refusal(HEADING + "7,髙,一\n" * 4, limits=Limits(rows=3)) == "too_many_rows"
    assert refusal(HEADING + "7,髙,一\n" * 4, limits=Limits(octets=20)) == "too_large"


def test_the_fingerprint_leaves_the_stream_at_its_beginning() -> None:
    stream = io.BytesIO(b"abc")
    assert file_sha256(stream) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert stream.tell() == 0


@given(st.binary(max_size=300))
def test_no_file_brings_anything_but_rows_or_a_denial(octets: bytes) -> None:
    try:
        rows = read("番号\n".encode() + octets)
    except Denied:
        return
    assert all(row.fault or row.cells["番号"] for row in rows)


# A cell keeps what CSV can say; outer space and the sign for "nothing" go.
CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=8))
def test_what_a_spreadsheet_writes_is_read_back(rows: list[tuple[str, str, str]]) -> None:
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    writer.writerows([["番号", "姓", "名"], *rows])
    found = [tuple(row.cells.values()) for row in read(sheet.getvalue().encode("utf-8-sig"))]
    assert found == [tuple(cell.strip() for cell in row) for row in rows if any(cell.strip() for cell in row)]


def test_a_cell_that_would_calculate_is_shown_and_a_sign_that_would_steer_is_replaced() -> None:
    assert [for_a_sheet(text) for text in ("=1+1", "-1", "33-1", "")] == ["'=1+1", "'-1", "33-1", ""]
    assert [for_a_sheet(text) for text in ("＝1", " @a", "\n=1")] == ["'＝1", "' @a", "'\n=1"]
    assert printable("渡\x1b[2J邉") == "渡\ufffd[2J邉"
