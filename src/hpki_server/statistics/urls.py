"""Paths of the statistics.  They are permanent: other people's programs read them."""

import datetime as dt

from django.urls import path, register_converter

from hpki_server.statistics import views


class DayConverter:
    """A day as 2021-01-31."""

    regex = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> dt.date:
        return dt.date.fromisoformat(value)

    def to_url(self, value: dt.date) -> str:
        return value.isoformat()


register_converter(DayConverter, "day")
app_name = "statistics"
_CARDS = "statistics/cards-by-prefecture"
urlpatterns = [
    path(f"{_CARDS}/", views.cards_by_prefecture, name="cards-by-prefecture"),
    path(f"{_CARDS}/latest.csv", views.prefectures_csv, name="prefectures-latest-csv"),
    path(f"{_CARDS}/latest.json", views.prefectures_json, name="prefectures-latest-json"),
    path(f"{_CARDS}/<day:on>.csv", views.prefectures_csv, name="prefectures-csv"),
    path(f"{_CARDS}/<day:on>.json", views.prefectures_json, name="prefectures-json"),
    path(f"{_CARDS}/columns.json", views.prefecture_columns, name="prefecture-columns"),
    path("statistics/cards-by-month/latest.csv", views.months_csv, name="months-latest-csv"),
    path("statistics/cards-by-month/columns.json", views.month_columns, name="month-columns"),
]
