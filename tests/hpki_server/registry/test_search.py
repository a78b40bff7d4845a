"""An officer finds a person by a name in any writing, or by number, page after page, and is told why."""

import datetime as dt
import io
import uuid

import pytest

from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from hpki_server.registry import searching, services
from hpki_server.registry.models import NameKind, RegistryEntry
from hpki_server.registry.names import Relation
from hpki_server.registry.services import naming
from tests import cast

pytestmark = pytest.mark.django_db
HEADING = "登録番号,登録年月日,姓,名,フリガナ,生年月日,旧姓,通称,ローマ字\n"
PEOPLE = (
    "1,2008-05-01,渡邉,花子,ワタナベ　ハナコ,1983-06-02,山田,,WATANABE Hanako\n"
    "2,2009-05-01,桧山,健,ヒヤマ　ケン,1984-06-02,,,\n"
    "3,2010-05-01,金,順姫,キム　スニ,1985-06-02,,金田　純子,\n"
    "4,2011-05-01,葛󠄀城,誠,カツラギ　マコト,1986-06-02,,,\n"
    "5,2012-05-01,佐々木,一郎,ササキ　イチロウ,1987-06-02,,,\n"
)


def take(text: str) -> None:
    services.import_entries(io.BytesIO(text.encode()), by="system", at=cast.NOON)


@pytest.fixture
def _people() -> None:
    take(HEADING + PEOPLE)


def found(name: str) -> list[tuple[str, str]]:
    hits = searching.by_name(cast.officer(cast.NAKAMURA), name).hits
    return [(hit.entry.number, str(hit.why)) for hit in hits]


@pytest.mark.usefixtures("_people")
@pytest.mark.parametrize(
    ("name", "number", "why"),
    [
        ("渡邉花子", "1", "同じ字"),
        ("渡邉　花子", "1", "同じ字"),
        ("渡辺花子", "1", "異体字"),
        ("渡邊 花子", "1", "異体字"),
        ("渡邉\U000e0101花子", "1", "字形だけ違う"),
        ("渡辺", "1", "異体字"),
        ("わたなべはなこ", "1", "読みが同じ"),
        ("ﾜﾀﾅﾍﾞ ﾊﾅｺ", "1", "読みが同じ"),
        ("Watanabe", "1", "読みが同じ"),
        ("山田花子", "1", "同じ字"),
        ("檜山", "2", "似た別字"),
        ("金田純子", "3", "同じ字"),
        ("葛城誠", "4", "字形だけ違う"),
        ("佐佐木", "5", "似た別字"),
    ],
)
def test_a_person_is_found_in_any_writing_and_it_says_why(name: str, number: str, why: str) -> None:
    assert found(name) == [(number, why)]


@pytest.mark.usefixtures("_people")
@pytest.mark.parametrize("name", ["斉藤", "花子", "", "　", "%", "_", "*", "渡辺花子さん"])
def test_others_are_not_found_and_signs_are_no_wildcards(name: str) -> None:
    assert found(name) == []


@pytest.mark.usefixtures("_people")
def test_the_name_that_was_met_is_shown_when_it_is_not_the_present_one() -> None:
    [hit] = searching.by_name(cast.officer(cast.NAKAMURA), "山田花子").hits
    assert (hit.kind, hit.written) == (NameKind.FORMER, "山田　花子")
    [hit] = searching.by_name(cast.officer(cast.NAKAMURA), "渡辺").hits
    assert hit.comparison is not None
    assert [pair.relation for pair in hit.comparison.pairs] == [Relation.SAME, Relation.VARIANT]


@pytest.mark.usefixtures("_people")
def test_nobody_without_the_duty_finds_anybody() -> None:
    viewer = cast.officer(cast.SATO)
    assert searching.by_name(viewer, "渡辺").hits == ()
    assert searching.by_number(viewer, "1").hits == []
    with pytest.raises(RegistryEntry.DoesNotExist):
        searching.entry_with_names(viewer, RegistryEntry.objects.get(number="1").id)


def many(count: int) -> None:
    """Every third is written with 邉, which has two keys."""
    day = dt.date(1960, 1, 1)
    rows = [
        f"{n},2008-05-01,渡{'辺邊邉'[n % 3]},{'花子' if n % 2 else '華子'},ワタナベ,{day + dt.timedelta(days=n)},,,\n"
        for n in range(1, count + 1)
    ]
    take(HEADING + "".join(rows))


@pytest.mark.parametrize("name", ["渡邉", "渡辺", "わたなべ", "渡"])
def test_pages_have_everybody_once_and_nobody_twice(name: str) -> None:
    many(170)
    viewer, after, numbers, pages = cast.officer(cast.NAKAMURA), "", [], 0
    while True:
        page = searching.by_name(viewer, name, after)
        numbers += [hit.entry.number for hit in page.hits]
        pages += 1
        if not (after := page.after):
            break
    assert sorted(map(int, numbers)) == list(range(1, 171))
    assert pages == 4


def test_all_entries_are_paged_by_number() -> None:
    many(120)
    viewer, after, numbers = cast.officer(cast.NAKAMURA), "", []
    while True:
        page = searching.by_number(viewer, "", after)
        numbers += [hit.entry.number for hit in page.hits]
        if not (after := page.after):
            break
    assert numbers == sorted(str(n) for n in range(1, 121))


@pytest.mark.usefixtures("_people")
def test_a_page_that_somebody_made_up_is_the_first_one() -> None:
    viewer = cast.officer(cast.NAKAMURA)
    assert len(searching.by_name(viewer, "渡辺", "nonsense").hits) == 1
    assert len(searching.by_number(viewer, "", "nonsense").hits) == 5


@pytest.mark.usefixtures("_people")
def test_the_page_finds_by_name_and_number_and_shows_all_names() -> None:
    client = cast.signed_in(cast.NAKAMURA)
    page = client.get("/staff/registry/", {"name": "渡辺"}).text
    assert "異体字" in page
    assert "辺／邉" in page
    assert "佐々木" not in page
    assert "佐々木" in client.get("/staff/registry/", {"number": "第5号"}).text
    assert "佐々木" not in client.get("/staff/registry/", {"number": "5", "name": "渡辺"}).text
    assert "この条件に合う登録はありません" in client.get("/staff/registry/", {"name": "居ない"}).text
    entry = RegistryEntry.objects.get(number="1")
    shown = client.get(f"/staff/registry/entries/{entry.id}/").text
    assert "山田" in shown
    assert "旧姓" in shown
    many_pages = client.get("/staff/registry/")
    assert many_pages.status_code == 200


def test_the_next_page_keeps_the_question() -> None:
    many(60)
    client = cast.signed_in(cast.NAKAMURA)
    first = client.get("/staff/registry/", {"name": "渡辺"})
    after = first.context["found"].after
    second = client.get("/staff/registry/", {"name": "渡辺", "after": after})
    assert len(second.context["found"].hits) == 10
    assert "最初の 50 件へ" in second.text


@pytest.mark.usefixtures("_people")
def test_an_officer_writes_a_name_down_with_its_paper_and_it_is_found() -> None:
    entry = RegistryEntry.objects.get(number="2")
    client = cast.signed_in(cast.NAKAMURA)
    url = f"/staff/registry/entries/{entry.id}/"
    typed = {
        "kind": "former",
        "family_name": "髙﨑",
        "given_name": "",
        "from_on": "昭和59年6月2日",
        "to_on": "2015-03-01",
        "source": "戸籍抄本（令和元年5月7日交付）",
    }
    assert client.post(url, typed).status_code == 302
    [name] = entry.names.all()
    assert (name.from_on, name.to_on) == (dt.date(1984, 6, 2), dt.date(2015, 3, 1))
    assert found("高崎健") == [("2", "異体字")]
    assert found("檜山") == [("2", "似た別字")]
    assert AuditLine.objects.get(act="registry:record-name").facts()["kind"] == "former"
    again = client.post(url, typed)
    assert again.status_code == 422
    assert "すでに記録されています" in again.text
    backwards = client.post(url, {**typed, "family_name": "山", "to_on": "1980-01-01"})
    assert "期間の終わりが始まりより前です" in backwards.text
    assert "日付を読み取れません" in client.post(url, {**typed, "from_on": "きのう"}).text
    assert client.post(f"/staff/registry/entries/{uuid.uuid4()}/", typed).status_code == 404


@pytest.mark.usefixtures("_people")
def test_nobody_without_the_duty_writes_a_name_down() -> None:
    entry = RegistryEntry.objects.get(number="2")
    claim = naming.NameClaim(NameKind.FORMER, "山田", "", None, None, "")
    with pytest.raises(Denied) as denied:
        naming.record_name(entry.id, claim, by=cast.officer(cast.SATO), at=cast.NOON)
    assert denied.value.codes == ("duty_missing", "source_missing")
