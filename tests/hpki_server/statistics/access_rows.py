"""The permission table's rows of the statistics: open to everyone."""

import datetime as dt
from collections.abc import Mapping

from tests.hpki_server.access_rows import Row, everyone


def a_day() -> Mapping[str, object]:
    return {"on": dt.date(2021, 1, 31)}


ROWS = [
    Row("statistics:cards-by-prefecture", everyone()),
    Row("statistics:prefectures-latest-csv", everyone()),
    Row("statistics:prefectures-latest-json", everyone()),
    Row("statistics:prefectures-csv", everyone(), a_day),
    Row("statistics:prefectures-json", everyone(), a_day),
    Row("statistics:prefecture-columns", everyone()),
    Row("statistics:months-latest-csv", everyone()),
    Row("statistics:month-columns", everyone()),
]
