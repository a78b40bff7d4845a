"""17,861 cards come in, and the table comes out to the last number: as an operator would do it, on either database."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hpki_server.statistics import rules
from tests.hpki_server.statistics.databases import new_database

pytestmark = pytest.mark.own_database
SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "cards-issued-by-prefecture.csv"
PRODUCT = Path(rules.__file__).parent / "data" / "cards-issued-2021-01-31.csv"


class Operator:
    """Someone at a terminal who has set DATABASE_URL."""

    def __init__(self, url: str, var: Path) -> None:
        self.surroundings = {
            "DATABASE_URL": url,
            "HPKI_VAR": str(var),
            "DJANGO_SETTINGS_MODULE": "hpki_server.config.settings",
            # Not the terminal but the product decides how a file is written.
            "PYTHONIOENCODING": "ascii:replace",
        }

    def types(self, *words: str, exit_code: int = 0) -> "subprocess.CompletedProcess[bytes]":
        command = [sys.executable, "-m", "hpki_server.config.command", *words]
        done = subprocess.run(command, env=os.environ | self.surroundings, capture_output=True, check=False)
        assert done.returncode == exit_code, done.stderr.decode()
        return done

    def reads(self, *words: str) -> bytes:
        return self.types("statistics", *words).stdout


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """A new database, and in it nothing but `demo issued-cards`."""
    folder = tmp_path_factory.mktemp("cards")
    with new_database(folder) as url:
        operator = Operator(url, folder)
        assert operator.types("demo", "issued-cards").stdout == b"imported 17861\n"
        yield operator


@pytest.mark.skipif(not SHARED.exists(), reason="the table of the reference lies beside the project only")
def test_the_table_equals_the_reference_octet_by_octet(operator: Operator) -> None:
    assert operator.reads("cards-by-prefecture", "--csv") == SHARED.read_bytes()
    assert operator.reads("cards-by-prefecture", "--csv", "--on", "2021-01-31") == SHARED.read_bytes()


def test_a_second_demonstration_adds_nothing(operator: Operator) -> None:
    before = operator.reads("cards-by-prefecture", "--csv")
    assert operator.types("demo", "issued-cards").stdout == b"unchanged 17861\n"
    assert operator.reads("cards-by-prefecture", "--csv") == before == PRODUCT.read_bytes()


def test_earlier_days_have_fewer_cards_and_the_first_day_none(operator: Operator) -> None:
    totals = [
        sum(int(row["issued"]) for row in table(operator.reads("cards-by-prefecture", "--csv", "--on", day)))
        for day in ("2016-01-31", "2018-01-31", "令和2年1月31日", "R3.1.31")
    ]
    assert totals[0] == 0
    assert totals == sorted(totals)
    assert totals[-1] == 17_861


def table(octets: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(octets.decode(), newline="")))


def test_the_months_add_up_to_the_table(operator: Operator) -> None:
    months = table(operator.reads("cards-by-month", "--on", "2021-01-31"))
    assert [months[0]["month"], months[-1]["month"]] == ["2016-02", "2021-01"]
    assert sum(int(month["issued"]) for month in months) == 17_861
    assert months[-1]["member_so_far"] == "16408"


def test_other_forms_say_the_same(operator: Operator) -> None:
    whole = json.loads(operator.reads("cards-by-prefecture", "--json", "--on", "2021-01-31"))
    assert (whole["on"], whole["issued"], len(whole["prefectures"])) == ("2021-01-31", 17_861, 48)
    assert whole["prefectures"][47]["rank"] is None
    text = operator.reads("cards-by-prefecture", "--on", "2021-01-31").decode()
    assert "熊本県" in text
    assert text.splitlines()[-1].split() == ["total", "17861", "16408", "1453"]
    with_bom = operator.reads("cards-by-prefecture", "--csv", "--encoding", "utf-8-sig")
    assert with_bom == b"\xef\xbb\xbf" + PRODUCT.read_bytes()
    sheet = operator.reads("cards-by-prefecture", "--csv", "--encoding", "cp932")
    assert sheet.decode("cp932").encode() == PRODUCT.read_bytes()


@pytest.mark.parametrize(("typed", "words"), [("tomorrow", "not a day"), ("2999-01-01", "is to come")])
def test_a_day_that_is_none_or_to_come_is_refused_in_words(
    operator: Operator, typed: str, words: str
) -> None:
    done = operator.types("statistics", "cards-by-prefecture", "--on", typed, exit_code=1)
    assert words in done.stderr.decode()
