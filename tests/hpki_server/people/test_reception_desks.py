"""Reception desks: 47 associations, the districts and hospitals under them, and who reaches whose."""

import csv
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from hpki_server.people import queries
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.models import AuditLine, DutyGrant, Organisation
from hpki_server.people.services import organisations
from tests import cast

pytestmark = pytest.mark.django_db
Kind = Organisation.Kind
HEADING = "kind,code,parent,name,name_en\n"
SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "cards-issued-by-prefecture.csv"


def district(code: str = "33-01", name: str = "岡山市医師会") -> Organisation:
    okayama = cast.organisation("okayama")
    return Organisation.objects.create(kind=Kind.DISTRICT, code=code, name=name, parent=okayama)


def test_the_47_associations_are_founded_once_and_those_that_are_there_stay() -> None:
    mine = cast.organisation("okayama")
    assert len(organisations.found_associations(by="system", at=cast.NOON)) == 46
    assert organisations.found_associations(by="system", at=cast.NOON) == []
    codes = list(
        Organisation.objects.filter(kind=Kind.ASSOCIATION).order_by("code").values_list("code", flat=True)
    )
    assert codes == [f"{code:02}" for code in range(1, 48)]
    assert Organisation.objects.get(kind=Kind.ASSOCIATION, code="33").pk == mine.pk
    assert AuditLine.objects.filter(act="organisation:add").count() == 46


@pytest.mark.skipif(
    not SHARED.exists(), reason="the folder with the reference tables is not beside the project"
)
def test_their_codes_are_those_of_the_prefectures() -> None:
    organisations.found_associations(by="system", at=cast.NOON)
    with SHARED.open(encoding="utf-8-sig", newline="") as stream:
        prefectures = {int(row["code"]): row["prefecture"] for row in csv.DictReader(stream)}
    for found in Organisation.objects.filter(kind=Kind.ASSOCIATION):
        assert found.name == f"{prefectures[int(found.code)]}医師会"


def test_an_operators_list_is_read_whole_or_not_at_all(tmp_path: Path) -> None:
    cast.organisation("okayama")
    file = tmp_path / "desks.csv"
    good = "district,33-01,33,岡山市医師会,\nhospital,3310100001,33,旭川総合病院,Asahigawa Hospital\n"
    file.write_text(HEADING + good + "district,27-01,33,大阪の医師会,\n", encoding="utf-8")
    with pytest.raises(CommandError, match="4 行目"):
        call_command("organisation", "import", str(file))
    assert not Organisation.objects.filter(kind=Kind.DISTRICT).exists()
    file.write_text("\ufeff" + HEADING + good, encoding="utf-8")
    call_command("organisation", "import", str(file))
    call_command("organisation", "import", str(file))
    assert Organisation.objects.filter(parent__code="33").count() == 2


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("association,34,33,広島県医師会,", "kind"),
        ("district,33-01,99,岡山市医師会,", "parent"),
        ("district,33,33,岡山市医師会,", "code"),
        ("district,33-01,33,,", "name"),
    ],
)
def test_a_line_that_cannot_be_says_which_and_why(line: str, code: str) -> None:
    cast.organisation("okayama")
    with pytest.raises(Denied) as denied:
        organisations.import_desks(organisations.read_desk_lines(HEADING + line), by="system", at=cast.NOON)
    assert code in denied.value.codes


def test_another_heading_is_no_list() -> None:
    with pytest.raises(Denied) as denied:
        organisations.read_desk_lines("code,name\n33,岡山県医師会\n")
    assert denied.value.codes == ("columns",)


def test_a_prefectural_officer_reaches_the_districts_and_a_district_officer_only_its_own() -> None:
    under = district()
    above = cast.officer(cast.TAKAHASHI)
    assert above.may(Duty.INTAKE, under.pk)
    assert not cast.officer(cast.OSAKA_CLERK).may(Duty.INTAKE, under.pk)
    account = cast.account(cast.IDLE)
    DutyGrant.objects.create(account=account, organisation=under, duty=Duty.INTAKE, from_at=cast.EMPLOYED_AT)
    below = queries.officer_of(account, at=cast.NOON)
    assert below.organisations(Duty.INTAKE) == {under.pk}
    assert not below.may(Duty.INTAKE, cast.organisation("okayama").pk)
    assert not below.may(Duty.PICKUP, under.pk)


def test_an_applicant_may_choose_an_association_a_district_or_a_hospital_that_belongs_to_one() -> None:
    under = district()
    okayama, centre = cast.organisation("okayama"), cast.organisation("centre")
    ours = Organisation.objects.create(
        kind=Kind.HOSPITAL, code="3310100001", name="旭川総合病院", parent=okayama
    )
    Organisation.objects.create(kind=Kind.HOSPITAL, code="3310100002", name="窓口のない病院")
    assert set(queries.reception_desks()) == {okayama, under, ours}
    assert centre not in queries.reception_desks()
    assert set(queries.desks_in_reach(cast.officer(cast.TAKAHASHI), Duty.PICKUP)) == {okayama, under, ours}


@pytest.mark.parametrize(("kind", "has_parent"), [(Kind.DISTRICT, False), (Kind.CENTRE, True)])
def test_the_database_holds_who_stands_under_whom(kind: Kind, *, has_parent: bool) -> None:
    parent = cast.organisation("okayama") if has_parent else None
    with pytest.raises(IntegrityError), transaction.atomic():
        Organisation.objects.create(kind=kind, code="33-09", name="x", parent=parent)


def test_a_list_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    file = tmp_path / "desks.csv"
    with pytest.raises(CommandError, match="No such file"):
        call_command("organisation", "import", str(file))
    file.write_text(HEADING + "district,33-01,33,岡山市医師会,\n", encoding="cp932")
    with pytest.raises(CommandError, match="not UTF-8"):
        call_command("organisation", "import", str(file))
