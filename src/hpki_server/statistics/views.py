"""Open figures: a page for people and files for machines.  Nobody has to log in, and no figure tells of one person."""

import datetime as dt
import hashlib
import json
from typing import Final

from django.core.cache import cache
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from hpki_server.people.access import MomentRequest, public
from hpki_server.statistics import columns, pictures, queries, sheets
from hpki_server.statistics.forms import DayForm
from hpki_server.statistics.rules import Month, Table, day_of, months_up_to
from hpki_server.statistics.sheets import Encoding

# A reader may see figures so old; whoever asks more often is answered from the store.  The months behind us change by
# imports and corrections only, and every card must be looked at for them.
FRESH_SECONDS: Final = 60
FRESH_MONTHS_SECONDS: Final = 600


@public
@require_safe
def cards_by_prefecture(request: MomentRequest) -> HttpResponseBase:
    form = DayForm(request.GET, today=day_of(request.at))
    table = _table(form.day())
    months = _months_up_to(table, today=form.today)
    ranked = [line for line in table.lines if line.rank is not None]
    context = {
        "form": form,
        "table": table,
        "most": min(ranked, key=lambda line: line.rank or 0),
        "least": max(ranked, key=lambda line: line.rank or 0),
        "map": pictures.map_of(table),
        "months": months,
        "chart": pictures.chart_of(months),
        "columns": columns.PREFECTURE,
        "in_japanese": (get_language() or "ja").startswith("ja"),
    }
    return render(request, "statistics/cards_by_prefecture.html", context)


@public
@require_safe
def prefectures_csv(request: MomentRequest, on: dt.date | None = None) -> HttpResponseBase:
    today = day_of(request.at)
    if on is not None and on > today:
        return _to_come()
    encoding = _encoding(request)
    table = _table(on or today)
    described = reverse("statistics:prefecture-columns")
    octets = sheets.prefectures_csv(table).encode(encoding)
    name = f"cards-by-prefecture-{table.on.isoformat()}.csv"
    return _file(request, octets, f"text/csv; charset={encoding.charset}; header=present", name, described)


@public
@require_safe
def prefectures_json(request: MomentRequest, on: dt.date | None = None) -> HttpResponseBase:
    today = day_of(request.at)
    if on is not None and on > today:
        return _to_come()
    octets = sheets.prefectures_json(_table(on or today)).encode()
    return _file(request, octets, "application/json")


@public
@require_safe
def months_csv(request: MomentRequest) -> HttpResponseBase:
    encoding = _encoding(request)
    today = day_of(request.at)
    octets = sheets.months_csv(_months_up_to(_table(today), today=today)).encode(encoding)
    described = reverse("statistics:month-columns")
    content_type = f"text/csv; charset={encoding.charset}; header=present"
    return _file(request, octets, content_type, "cards-by-month.csv", described)


@public
@require_safe
def prefecture_columns(request: MomentRequest) -> HttpResponseBase:
    return _described(request, columns.PREFECTURE)


@public
@require_safe
def month_columns(request: MomentRequest) -> HttpResponseBase:
    return _described(request, columns.MONTH)


def _described(request: MomentRequest, described: tuple[columns.Column, ...]) -> HttpResponseBase:
    content = columns.csvw(described, language=get_language() or "ja")
    octets = json.dumps(content, ensure_ascii=False, indent=1).encode()
    return _file(request, octets, "application/csvm+json")


def _table(on: dt.date) -> Table:
    key = f"statistics:table:{on}"
    table: Table | None = cache.get(key)
    if table is None:
        table = queries.cards_by_prefecture(on)
        cache.set(key, table, FRESH_SECONDS)
    return table


def _months_up_to(table: Table, *, today: dt.date) -> tuple[Month, ...]:
    key = f"statistics:months:{today}"
    months: tuple[Month, ...] | None = cache.get(key)
    if months is None:
        months = queries.cards_by_month(today)
        cache.set(key, months, FRESH_MONTHS_SECONDS)
    return months_up_to(table, months)


def _encoding(request: MomentRequest) -> Encoding:
    wanted = request.GET.get("encoding", "")
    return Encoding(wanted) if wanted in set(Encoding) else Encoding.UTF_8


def _file(
    request: MomentRequest, octets: bytes, content_type: str, name: str = "", described: str = ""
) -> HttpResponseBase:
    response = HttpResponse(octets, content_type=content_type)
    etag = f'"{hashlib.sha256(octets).hexdigest()[:32]}"'
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = f"public, max-age={FRESH_SECONDS}"
    # Open figures may be read by anybody's page.
    response.headers["Access-Control-Allow-Origin"] = "*"
    if name:
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    if described:
        response.headers["Link"] = f'<{described}>; rel="describedby"; type="application/csvm+json"'
    return get_conditional_response(request, etag=etag, response=response) or response


def _to_come() -> HttpResponseBase:
    return HttpResponse(
        "There are no figures of that day yet.\n", status=404, content_type="text/plain; charset=utf-8"
    )
