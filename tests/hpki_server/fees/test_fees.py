"""M4 to the yen: the tables of 2021 and 2024, the tax of the day, and what no table says."""

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpki_server.enrollment.rules.kinds import CaseKind
from hpki_server.fees.occasions import Demanded, FeeOccasion
from hpki_server.fees.rules import due_day, fee, table_day, taxed
from hpki_server.fees.tables import fee_rules, tax_rates
from hpki_server.people.denial import Denied
from hpki_server.people.member_kind import MemberKind

MEMBER, NON_MEMBER = MemberKind.MEMBER, MemberKind.NON_MEMBER
IN_2021, IN_2026 = dt.date(2021, 6, 1), dt.date(2026, 11, 4)


@pytest.mark.parametrize(
    ("occasion", "kind", "net", "gross"),
    [
        (FeeOccasion.FIRST, MEMBER, 0, 0),
        (FeeOccasion.FIRST, NON_MEMBER, 11_000, 12_100),
        (FeeOccasion.RENEWAL, MEMBER, 5_000, 5_500),
        (FeeOccasion.RENEWAL, NON_MEMBER, 11_000, 12_100),
        (FeeOccasion.YEARLY, MEMBER, 0, 0),
        (FeeOccasion.YEARLY, NON_MEMBER, 6_000, 6_600),
    ],
)
def test_the_table_of_2021(occasion: FeeOccasion, kind: MemberKind, net: int, gross: int) -> None:
    found = fee(occasion, kind, IN_2021)
    assert (found.net, found.gross, found.table) == (net, gross, "2021")


def test_a_non_member_pays_11000_in_the_first_year_as_two_lines() -> None:
    """M4: "So a non-member pays 11,000 in the year of first issue and in the year of renewal"."""
    lines = [(line.item.value, line.yen) for line in fee(FeeOccasion.FIRST, NON_MEMBER, IN_2021).lines]
    assert lines == [("issue", 5_000), ("year", 6_000)]
    lines = [(line.item.value, line.yen) for line in fee(FeeOccasion.RENEWAL, NON_MEMBER, IN_2021).lines]
    assert lines == [("renewal", 5_000), ("year", 6_000)]


def test_five_years_of_a_non_member_under_the_table_of_2021() -> None:
    """11,000 with the issue, 6,000 in each of the years 2 to 5, 11,000 in the year of renewal."""
    first = fee(FeeOccasion.FIRST, NON_MEMBER, dt.date(2018, 5, 1)).net
    years = [fee(FeeOccasion.YEARLY, NON_MEMBER, dt.date(year, 5, 1)).net for year in range(2019, 2023)]
    renewal = fee(FeeOccasion.RENEWAL, NON_MEMBER, dt.date(2023, 5, 1)).net
    assert (first, years, renewal) == (11_000, [6_000] * 4, 11_000)


@pytest.mark.parametrize(
    ("occasion", "kind", "gross"),
    [
        (FeeOccasion.FIRST, MEMBER, 0),
        (FeeOccasion.RENEWAL, MEMBER, 0),
        (FeeOccasion.FIRST, NON_MEMBER, 5_500),
        (FeeOccasion.RENEWAL, NON_MEMBER, 5_500),
        (FeeOccasion.REISSUE_LOSS, MEMBER, 5_500),
        (FeeOccasion.REISSUE_LOSS, NON_MEMBER, 5_500),
        (FeeOccasion.REISSUE_DAMAGE, MEMBER, 5_500),
        (FeeOccasion.REISSUE_DAMAGE, NON_MEMBER, 5_500),
        (FeeOccasion.YEARLY, NON_MEMBER, 0),
        (FeeOccasion.MEMBER_CHANGE, MEMBER, 0),
        (FeeOccasion.MEMBER_CHANGE, NON_MEMBER, 5_500),
    ],
)
def test_the_table_of_2024(occasion: FeeOccasion, kind: MemberKind, gross: int) -> None:
    found = fee(occasion, kind, IN_2026)
    assert (found.gross, found.table) == (gross, "2024")
    assert (found.net, found.tax) == ((5_000, 500) if gross else (0, 0))


def test_what_is_not_known_for_certain_is_said() -> None:
    assert fee(FeeOccasion.FIRST, NON_MEMBER, IN_2026).unverified == {"valid_from", "tax"}
    assert fee(FeeOccasion.REISSUE_LOSS, MEMBER, IN_2026).unverified == {"valid_from"}
    assert "yen" in fee(FeeOccasion.EMERGENCY, NON_MEMBER, IN_2026).unverified


@pytest.mark.parametrize(
    ("occasion", "on"),
    [
        (FeeOccasion.FIRST, dt.date(2016, 3, 31)),
        (FeeOccasion.REISSUE_LOSS, IN_2021),
        (FeeOccasion.NAME_CHANGE, IN_2021),
        (FeeOccasion.EMERGENCY, IN_2021),
    ],
)
def test_what_no_table_names_is_refused(occasion: FeeOccasion, on: dt.date) -> None:
    with pytest.raises(Denied) as denied:
        fee(occasion, NON_MEMBER, on)
    assert denied.value.codes == ("no_fee_rule",)


def test_an_emergency_never_waits_for_money() -> None:
    """M5: issued within the hour."""
    assert fee(FeeOccasion.EMERGENCY, NON_MEMBER, IN_2026).demanded is Demanded.AFTERWARDS
    assert fee(FeeOccasion.FIRST, NON_MEMBER, IN_2026).demanded is Demanded.BEFORE_ISSUE


@pytest.mark.parametrize(
    ("on", "percent", "tax"),
    [("2019-09-30", 8, 880), ("2019-10-01", 10, 1_100), ("2021-06-01", 10, 1_100)],
)
def test_the_tax_is_that_of_its_day(on: str, percent: int, tax: int) -> None:
    found = fee(FeeOccasion.FIRST, NON_MEMBER, dt.date.fromisoformat(on))
    assert (found.tax_rate, found.tax) == (percent, tax)


def test_the_fee_of_one_day_is_taxed_at_the_rate_of_another() -> None:
    found = fee(FeeOccasion.FIRST, NON_MEMBER, dt.date(2019, 9, 20), taxed_on=dt.date(2019, 10, 3))
    assert (found.net, found.tax_rate, found.tax) == (11_000, 10, 1_100)


def test_the_day_of_handing_in_decides_the_table() -> None:
    handed_in, decided = dt.date(2023, 12, 28), dt.date(2024, 1, 9)
    assert fee(FeeOccasion.FIRST, NON_MEMBER, table_day(handed_in, decided)).net == 11_000
    assert fee(FeeOccasion.FIRST, NON_MEMBER, table_day(None, decided)).gross == 5_500


def test_the_last_day_to_pay_is_a_business_day() -> None:
    assert due_day(dt.date(2026, 11, 4)) == dt.date(2026, 12, 4)
    # Thirty days on is 3 January: banks open on the 4th.
    assert due_day(dt.date(2026, 12, 4)) == dt.date(2027, 1, 4)


def test_every_kind_of_case_has_its_occasion() -> None:
    assert {kind.value for kind in CaseKind} | {"yearly"} == {occasion.value for occasion in FeeOccasion}


def test_the_tables_have_no_gap_and_no_overlap() -> None:
    """One line counts once on a day; tax rates follow each other without a gap."""
    rules = fee_rules()
    for rule in rules:
        same = [
            other
            for other in rules
            if (other.occasion, other.item, other.member_kind) == (rule.occasion, rule.item, rule.member_kind)
        ]
        assert [other for other in same if other.period.covers(rule.period.since)] == [rule]
        together = [
            other
            for other in rules
            if (other.table, other.occasion, other.member_kind)
            == (rule.table, rule.occasion, rule.member_kind)
        ]
        assert {(other.includes_tax, other.demanded) for other in together} == {
            (rule.includes_tax, rule.demanded)
        }
    rates = tax_rates()
    for earlier, later in itertools.pairwise(rates):
        assert earlier.period.until is not None
        assert later.period.since == earlier.period.until + dt.timedelta(days=1)


LINES = st.lists(st.integers(min_value=1, max_value=100_000), max_size=6)


@given(LINES, st.sampled_from([3, 5, 8, 10]))
def test_lines_without_tax_add_up(lines: list[int], percent: int) -> None:
    found = taxed(lines, percent, includes_tax=False)
    assert found.net == sum(lines)
    assert found.gross == found.net + found.tax
    # Cut off, never rounded up: less than one yen is given up, once for the whole invoice.
    assert 0 <= found.net * percent - found.tax * 100 < 100


@given(LINES, st.sampled_from([3, 5, 8, 10]))
def test_lines_with_tax_add_up(lines: list[int], percent: int) -> None:
    found = taxed(lines, percent, includes_tax=True)
    assert found.gross == sum(lines)
    assert found.net == found.gross - found.tax
    assert 0 <= found.gross * percent - found.tax * (100 + percent) < 100 + percent
