"""An operator records the addresses that postcards, letters and cards print: without them no letter leaves."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from hpki_server.enrollment.models import OfficeAddress
from hpki_server.enrollment.services import office_lists
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from tests import cast

pytestmark = pytest.mark.django_db
HEADING = "kind,code,postal_code,address,phone,hours\n"
CENTRE = "centre,centre,1138621,東京都文京区本駒込2-28-16,03-3946-2121,\n"
OKAYAMA = (
    "association,33,７００-００２４,岡山県岡山市北区駅元町19-2,086-250-5111,平日 9時から17時|土日を除く\n"
)


def imported(text: str) -> int:
    return office_lists.import_offices(io.BytesIO(text.encode()), by="system", at=cast.NOON)


@pytest.fixture(autouse=True)
def offices() -> None:
    for key in ("centre", "okayama", "osaka"):
        cast.organisation(key)


def test_addresses_are_recorded_by_the_console_and_what_stands_there_leaves_no_second_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "offices.csv"
    file.write_bytes((HEADING + CENTRE + OKAYAMA).encode("cp932"))
    call_command("offices", "import", str(file))
    call_command("offices", "import", str(file))
    assert capsys.readouterr().out == (
        "2 new or changed, 1 without an address\n0 new or changed, 1 without an address\n"
    )
    stored = OfficeAddress.objects.get(organisation=cast.organisation("okayama"))
    assert (stored.postal_code, stored.hours) == ("700-0024", ["平日 9時から17時", "土日を除く"])
    assert AuditLine.objects.filter(act="office:address").count() == 2


def test_what_is_listed_can_be_filled_in_and_sent_again(capsys: pytest.CaptureFixture[str]) -> None:
    imported(HEADING + CENTRE)
    call_command("offices", "list")
    listed = capsys.readouterr().out
    assert listed.splitlines()[-1] == "association,33,,,,"
    filled = listed.replace("33,,,,", "33,7000024,岡山市,,").replace("27,,,,", "27,5430001,大阪市,,")
    assert imported(filled) == 2


def test_one_row_that_cannot_be_keeps_all_out_and_is_named(tmp_path: Path) -> None:
    bad = "district,33-09,700,岡山\ue000,電話,\n"
    with pytest.raises(Denied) as denied:
        imported(HEADING + CENTRE + bad)
    said = [str(denial.sentence) for denial in denied.value.denials]
    assert len(said) == 4
    assert all(sentence.startswith("3 行目: ") for sentence in said)
    assert not OfficeAddress.objects.exists()
    with pytest.raises(CommandError, match="No such file"):
        call_command("offices", "import", str(tmp_path / "nothing.csv"))
