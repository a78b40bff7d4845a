"""Anyone reads the figures: a page with table, map and line, and files at addresses that stay."""

import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client

from hpki_server.statistics import pictures, rules
from hpki_server.statistics.prefectures import prefectures
from hpki_server.statistics.rules import Count, Month, table_of
from tests import cast
from tests.hpki_server.statistics.laid_out import lay_out, layout_of_reference

pytestmark = pytest.mark.django_db
PRODUCT = Path(rules.__file__).parent / "data" / "cards-issued-2021-01-31.csv"
PAGE = "/statistics/cards-by-prefecture/"
DAY = dt.date(2021, 1, 31)


@pytest.fixture(autouse=True)
def nothing_stored() -> Iterator[None]:
    """Figures are kept for a minute; a test asks its own database."""
    cache.clear()
    yield
    cache.clear()


def test_the_page_shows_the_table_of_the_reference_and_so_do_its_files() -> None:
    lay_out(layout_of_reference())
    page = Client().get(PAGE, {"on": "令和3年1月31日"}).content.decode()
    assert (
        "令和3年1月31日（2021-01-31）までに発行したカード <b>17,861</b> 枚（日医会員 16,408、非会員 1,453）"
        in page
    )
    rows = re.findall(
        r'<td class="num">(\d\d)</td><th scope="row">(.*?)</th><td class="num"><b>([\d,]+)</b></td>'
        r'<td class="num">([\d,]+)</td><td class="num">([\d,]+)</td><td class="num">(\d+|—)</td>',
        page,
    )
    shown = [
        [str(int(code)), name, *(number.replace(",", "") for number in numbers)]
        for code, name, *numbers in rows
    ]
    expected = [line.split(",") for line in PRODUCT.read_text(encoding="utf-8").splitlines()[1:]]
    assert [[cell.replace("—", "") for cell in row] for row in shown] == expected
    # The map has a square for each row, and says the extremes in words.
    assert len(re.findall(r'<g class="s\d">', page)) == 48
    assert "最多は福岡県 2,365 枚、最少は福井県 40 枚" in page
    answer = Client().get(f"{PAGE}2021-01-31.csv")
    assert answer.content == PRODUCT.read_bytes()
    assert answer.headers["Content-Type"] == "text/csv; charset=UTF-8; header=present"
    assert 'filename="cards-by-prefecture-2021-01-31.csv"' in answer.headers["Content-Disposition"]
    assert "columns.json" in answer.headers["Link"]
    again = Client().get(f"{PAGE}2021-01-31.csv", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert Client().get(f"{PAGE}latest.csv").content == PRODUCT.read_bytes()
    sheet = Client().get(f"{PAGE}2021-01-31.csv", {"encoding": "utf-8-sig"})
    assert sheet.content == b"\xef\xbb\xbf" + PRODUCT.read_bytes()
    old_sheet = Client().get(f"{PAGE}2021-01-31.csv", {"encoding": "cp932"})
    assert old_sheet.content.decode("cp932").encode() == PRODUCT.read_bytes()
    assert Client().get(f"{PAGE}2021-01-31.json").json()["issued"] == 17_861
    months = Client().get("/statistics/cards-by-month/latest.csv").content.decode().splitlines()
    assert months[1].startswith("2021-01,17861,16408,1453,17861")


def test_the_columns_are_described_for_machines() -> None:
    described = Client().get(f"{PAGE}columns.json").json()
    names = [column["name"] for column in described["tableSchema"]["columns"]]
    assert names == PRODUCT.read_text(encoding="utf-8").splitlines()[0].split(",")


@pytest.mark.parametrize(
    ("typed", "words"), [("昨日", "日付として読めません"), ("2999-01-01", "未来の日付です")]
)
def test_a_day_that_cannot_be_shown_is_said_and_todays_figures_stand(typed: str, words: str) -> None:
    answer = Client().get(PAGE, {"on": typed})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert words in page
    assert f'value="{typed}"' in page
    assert "この日までに発行したカードはありません" in page


@pytest.mark.parametrize("path", ["2999-01-01.csv", "2021-02-30.csv", "2021-1-31.csv", "2999-01-01.json"])
def test_there_is_no_file_of_a_day_to_come_or_of_none(path: str) -> None:
    assert Client().get(PAGE + path).status_code == 404


def test_cards_in_no_prefecture_are_told() -> None:
    lay_out({"33": (2, 1)}, at_centre=3)
    page = Client().get(PAGE).content.decode()
    assert "どの都道府県にも属さない団体のカードが 3 枚あります" in page


def test_the_page_speaks_english() -> None:
    page = Client().get(PAGE, headers={"Accept-Language": "en"}).content.decode()
    assert "Kumamoto" in page
    assert "Cards issued, by prefecture" in page


@pytest.mark.parametrize("role", [None, cast.HANAKO, cast.TANAKA])
def test_everyone_comes_in_and_finds_the_link(role: cast.Role | None) -> None:
    answer = cast.signed_in(role).get(PAGE)
    assert answer.status_code == 200
    assert f'href="{PAGE}" aria-current="page">統計' in answer.content.decode()
    assert f'href="{PAGE}">統計' in cast.signed_in(role).get("/").content.decode()


# --- pictures ---------------------------------------------------------------------------------------------------


def test_squares_do_not_touch_and_shades_follow_the_ranks() -> None:
    counts = [Count(place.code, "member", number) for number, place in enumerate(prefectures())]
    drawn = pictures.map_of(table_of(counts, on=DAY))
    assert len({(tile.x, tile.y) for tile in drawn.tiles}) == 48
    by_rank = sorted((tile for tile in drawn.tiles if tile.line.rank), key=lambda tile: tile.line.rank or 0)
    shades = [tile.shade for tile in by_rank if tile.line.issued]
    assert shades == sorted(shades, reverse=True)
    assert set(shades) == {1, 2, 3, 4, 5}
    assert [tile.shade for tile in drawn.tiles if tile.line.rank is None or not tile.line.issued] == [0, 0]
    spans = [(shade.first_rank, shade.last_rank) for shade in drawn.shades]
    assert spans == [(1, 10), (11, 19), (20, 29), (30, 38), (39, 47)]


def months(*totals: int) -> list[Month]:
    return [
        Month(dt.date(2020 + index // 12, index % 12 + 1, 1), 0, 0, total, 0)
        for index, total in enumerate(totals)
    ]


@pytest.mark.parametrize(
    ("highest", "marks"),
    [
        (1, ["0", "1"]),
        (17_861, ["0", "5,000", "10,000", "15,000", "20,000"]),
        (350_000, ["0", "100,000", "200,000", "300,000", "400,000"]),
    ],
)
def test_the_axis_has_round_numbers(highest: int, marks: list[str]) -> None:
    drawn = pictures.chart_of(months(0, highest))
    assert drawn is not None
    assert [mark.word for mark in drawn.numbers] == marks


def test_the_line_stays_inside_and_a_single_month_has_none() -> None:
    assert pictures.chart_of(months(5)) is None
    drawn = pictures.chart_of(months(*range(0, 3000, 100)))
    assert drawn is not None
    points = [tuple(map(int, point.split(","))) for point in drawn.total.split()]
    assert all(drawn.left <= x <= drawn.right and drawn.top <= y <= drawn.bottom for x, y in points)
    assert [mark.word for mark in drawn.years] == ["2020", "2021", "2022"]
    assert drawn.non_member_label_y - drawn.total_label_y >= 22


def test_the_json_is_one_object() -> None:
    assert json.loads(Client().get(f"{PAGE}2021-01-31.json").content)["prefectures"][0]["code"] == 1
