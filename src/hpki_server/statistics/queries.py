"""The counts.  They are open to everyone: no viewer is asked for, and nothing here tells of a single person."""

import datetime as dt
from typing import Any, Final

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, F, Func, Q, QuerySet
from django.db.models import Count as Counted
from django.db.models.sql.compiler import SQLCompiler

from hpki_server.authority.models import Card
from hpki_server.people.models import Organisation
from hpki_server.statistics.rules import Count, Month, Table, end_of, series_of, table_of

# See rules; the index `card_statistics` covers every column named here.
_ISSUED: Final = Q(carrier=Card.Carrier.PLASTIC) & ~Q(state=Card.State.SCRAPPED)


def cards_by_prefecture(on: dt.date) -> Table:
    """The table of the day: one aggregate over the index `card_statistics`, and the codes of the organisations found.

    A join would make the database look up the organisation for every single card.
    """
    groups = list(
        _issued_until(on)
        .values("organisation_id", "member_kind")
        .annotate(cards=Counted("*"))
        .values_list("organisation_id", "member_kind", "cards")
    )
    found = {organisation_id for organisation_id, _kind, _cards in groups}
    codes = dict(Organisation.objects.filter(id__in=found).values_list("id", "code"))
    return table_of((Count(codes[where], kind, cards) for where, kind, cards in groups), on=on)


def cards_by_month(until: dt.date) -> tuple[Month, ...]:
    """What was issued month by month up to and including the day: one aggregate too."""
    groups = (
        _issued_until(until)
        .values(month=_JapaneseMonth("issued_at"), kind=F("member_kind"))
        .annotate(cards=Counted("*"))
        .values_list("month", "kind", "cards")
    )
    issued = {(dt.date.fromisoformat(month), kind): cards for month, kind, cards in groups}
    return series_of(issued, until=until)


def _issued_until(on: dt.date) -> QuerySet[Card]:
    return Card.objects.filter(_ISSUED, issued_at__lt=end_of(on)).order_by()


class _JapaneseMonth(Func):
    """The first day of the month in Japan, as text.

    Django's own `TruncMonth` calls back into Python for every row of SQLite.  Japan has had no summer time since
    1951, so nine hours are right for every card.
    """

    output_field = CharField()

    def as_sqlite(
        self,
        compiler: SQLCompiler,
        connection: BaseDatabaseWrapper,
        **_extra: Any,  # noqa: ANN401 - Django's signature
    ) -> tuple[str, Any]:
        return self.as_sql(
            compiler, connection, template="strftime('%%%%Y-%%%%m-01', %(expressions)s, '+9 hours')"
        )

    def as_postgresql(
        self,
        compiler: SQLCompiler,
        connection: BaseDatabaseWrapper,
        **_extra: Any,  # noqa: ANN401 - Django's signature
    ) -> tuple[str, Any]:
        return self.as_sql(
            compiler, connection, template="to_char(%(expressions)s AT TIME ZONE 'Asia/Tokyo', 'YYYY-MM-01')"
        )
