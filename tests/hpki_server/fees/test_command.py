"""`hpki-server fees`: the issuer, a file, the table."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from hpki_server.fees.models import Biller, Payment
from tests.hpki_server.fees import stage

WORDS = [
    "--from=2016-04-01",
    "--name=電子認証センター",
    "--postal-code=113-8621",
    "--address=東京都文京区本駒込2-28-16",
    "--bank=見本銀行",
    "--branch=駒込支店",
    "--account=1234567",
    "--holder=ニホンイシカイ",
    "--source=a specimen",
]


def said(*words: str) -> str:
    out = io.StringIO()
    call_command("fees", *words, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_the_issuer_is_registered_with_a_good_number_only() -> None:
    with pytest.raises(CommandError, match="検査数字"):
        said("biller", *WORDS, "--registration=T9000000000001")
    assert not Biller.objects.exists()
    assert stage.REGISTRATION in said("biller", *WORDS, f"--registration={stage.REGISTRATION}", "--specimen")
    assert Biller.objects.get().is_specimen


@pytest.mark.django_db
def test_a_statement_is_taken_over_at_the_console(tmp_path: Path) -> None:
    stage.billing()
    file = tmp_path / "meisai.csv"
    rows = stage.statement_rows([("2026/11/02", 5_500, "ﾀﾚｶ")])
    file.write_bytes(stage.bank_file(rows).getvalue())
    assert "unmatched 1" in said("import", str(file))
    assert "unmatched 1" in said("import", str(file))
    assert Payment.objects.count() == 1
    file.write_bytes(stage.bank_file([*rows, ("x",) * len(stage.HEADING)]).getvalue())
    with pytest.raises(CommandError, match="1 rows"):
        said("import", str(file))
    with pytest.raises(CommandError, match=r"missing\.csv"):
        said("import", str(tmp_path / "missing.csv"))


def test_the_table_of_a_day() -> None:
    assert "11,000 + 1,100 =  12,100 yen  (10 %, 2021)" in said("table", "--on=2021-06-01")
    table = said("table", "--on=2026-11-04")
    assert "5,000 +   500 =   5,500 yen  (10 %, 2024)" in table
    assert "unverified: valid_from yen" in table
    assert "no rule" in said("table", "--on=2021-06-01")
