"""Until when the blanks last: by the last weeks' use, the open orders, and the renewals ahead."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from hpki_server.authority.stock_forecast import StockFacts, StockLevel, StockPolicy, forecast, policy_on

TODAY = dt.date(2026, 11, 4)
POLICY = StockPolicy(dt.date(2026, 4, 1), delivery_days=90, reserve=20, renewed_ahead_days=60, source="test")


def facts(**changed: object) -> StockFacts:
    given: dict[str, object] = {
        "today": TODAY,
        "in_stock": 1000,
        "waiting": 0,
        "used_by_week": (70,) * 8,
        "expiring": {},
    }
    return StockFacts(**given | changed)  # type: ignore[arg-type]  # the names above are the fields


def test_ten_cards_a_day_and_a_thousand_blanks_last_a_hundred_days() -> None:
    told = forecast(facts(), POLICY)
    assert told.per_day == 10
    assert told.ends_on == TODAY + dt.timedelta(days=100)
    assert told.order_by == TODAY + dt.timedelta(days=10)
    assert told.level is StockLevel.ENOUGH


def test_open_orders_are_made_at_once() -> None:
    told = forecast(facts(waiting=500), POLICY)
    assert told.ends_on == TODAY + dt.timedelta(days=50)
    assert told.level is StockLevel.ORDER_NOW


def test_renewals_ahead_bring_the_end_nearer() -> None:
    # 950 cards end in March: their holders ask for new ones sixty days before, in January.
    told = forecast(facts(used_by_week=(7,) * 8, expiring={dt.date(2027, 3, 1): 950}), POLICY)
    plain = forecast(facts(used_by_week=(7,) * 8), POLICY)
    assert told.ends_on is not None
    assert dt.date(2027, 1, 1) <= told.ends_on <= dt.date(2027, 2, 1)
    assert plain.ends_on is None or plain.ends_on > told.ends_on


def test_renewals_of_the_past_weeks_are_not_counted_twice() -> None:
    # Everything that was used in the past weeks was renewals; none are ahead, so nothing is used up.
    past = {dt.date(2026, 11, 1): 300, dt.date(2026, 12, 1): 310, dt.date(2027, 1, 1): 30}
    told = forecast(facts(expiring=past), POLICY)
    assert told.per_day < 1


def test_an_empty_store_has_ended_today() -> None:
    assert forecast(facts(in_stock=0), POLICY).ends_on == TODAY
    assert forecast(facts(in_stock=10, waiting=11), POLICY).ends_on == TODAY


def test_the_reserve_for_emergencies_is_told() -> None:
    assert forecast(facts(in_stock=20, used_by_week=(0,)), POLICY).level is StockLevel.RESERVE


def test_a_store_that_nobody_uses_lasts_beyond_the_horizon() -> None:
    told = forecast(facts(used_by_week=()), POLICY)
    assert told.ends_on is None
    assert told.weeks[0] == (TODAY, 1000)
    assert len(told.weeks) == 105


def test_the_policy_of_a_day_is_dated() -> None:
    assert policy_on(TODAY).delivery_days == 90
    assert policy_on(dt.date(2000, 1, 1)) == policy_on(dt.date(2026, 4, 1))


counts = st.integers(min_value=0, max_value=3000)


@given(in_stock=counts, more=counts, waiting=counts, used=st.lists(counts, max_size=8))
def test_more_stock_never_ends_earlier_and_the_line_never_rises(
    in_stock: int, more: int, waiting: int, used: list[int]
) -> None:
    little = forecast(facts(in_stock=in_stock, waiting=waiting, used_by_week=used), POLICY)
    much = forecast(facts(in_stock=in_stock + more, waiting=waiting, used_by_week=used), POLICY)
    if much.ends_on is not None:
        assert little.ends_on is not None
        assert little.ends_on <= much.ends_on
    heights = [count for _day, count in little.weeks]
    assert heights == sorted(heights, reverse=True)
