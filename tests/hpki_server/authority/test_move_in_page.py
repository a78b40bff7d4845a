"""田中 takes a file over on the page, an operator at the terminal; both are told row by row."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from hpki_server.authority.models import Card
from tests import cast
from tests.hpki_server.authority.test_move_in import HANAKO, hanako, sheet

pytestmark = pytest.mark.django_db
PAGE = "/staff/cards/move-in/"


def send(octets: bytes) -> str:
    cast.organisation("okayama")
    client = cast.signed_in(cast.TANAKA)
    answer = client.post(PAGE, {"file": SimpleUploadedFile("cards.csv", octets, content_type="text/csv")})
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_says_what_became_of_the_rows() -> None:
    page = send(sheet(HANAKO, hanako(カード番号="OLD-0002", 発行日="いつか")))
    assert "新しく取り込み <b>1</b>" in page
    assert "取り込めません <b>1</b>" in page
    assert "発行日を日付として読めません。" in page
    assert "<td>OLD-0002</td>" in page
    # No issuer was ever made here, so nobody says that these cards are for tests.
    assert Card.objects.get().environment == "production"


def test_a_clean_file_needs_nothing_more() -> None:
    assert "直す行はありません" in send(sheet(HANAKO))


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"", "ファイルが空です"),
        ("番号\n1\n".encode(), "見出しに次の列がありません"),
        (b"\x81 \xc3(", "文字コード"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_beside_the_field(octets: bytes, words: str) -> None:
    assert words in send(octets)


def test_the_page_opens_for_those_who_issue_and_the_page_of_blank_cards_leads_to_it() -> None:
    assert f'href="{PAGE}"' in cast.signed_in(cast.TANAKA).get("/staff/stock/").content.decode()
    assert cast.signed_in(cast.SATO).get(PAGE).status_code == 403


def test_the_command_tells_refused_rows_and_ends_with_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cast.organisation("okayama")
    file, report = tmp_path / "cards.csv", tmp_path / "report.csv"
    file.write_bytes(sheet(HANAKO, hanako(カード番号="=1+1\x1b[2J")))
    with pytest.raises(CommandError, match="1 rows were refused"):
        call_command("cards", "import", str(file), "--environment", "test")
    said = capsys.readouterr().out
    assert "line 3" in said
    assert "\x1b" not in said
    with pytest.raises(CommandError):
        call_command("cards", "import", str(file), "--environment", "test", "--report", str(report))
    rows = report.read_text(encoding="utf-8-sig").splitlines()
    assert rows[1].split(",")[2] == "unchanged"
    assert rows[2].split(",")[1].startswith("'=1+1")


def test_the_command_says_what_is_wrong_with_the_file(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("cards", "import", str(tmp_path / "none.csv"))
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    with pytest.raises(CommandError, match="見出しに次の列がありません"):
        call_command("cards", "import", str(empty))
    empty.write_bytes(sheet(HANAKO))
    with pytest.raises(CommandError):
        call_command("cards", "import", str(empty), "--report", str(tmp_path / "no" / "report.csv"))
