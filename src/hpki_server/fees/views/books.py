"""The books by month: a table, a picture beside it, and the same as a file."""

import csv
import datetime as dt
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hpki_server.fees import queries
from hpki_server.fees.queries import Month
from hpki_server.fees.services.books import day_of
from hpki_server.fees.views.pages import frame
from hpki_server.people.access import OfficerRequest, requires
from hpki_server.people.duties import Duty

FIRST_YEAR = 2016
BAR = 300


@dataclass(frozen=True)
class MonthRow:
    """A month, and how long its bars are (of `BAR`)."""

    month: Month
    charged_bar: int
    received_bar: int
    refunded_bar: int


def fiscal_year(day: dt.date) -> int:
    """年度: April to March."""
    return day.year if day.month >= 4 else day.year - 1


def year_asked(request: OfficerRequest) -> int:
    present = fiscal_year(day_of(request.at))
    typed = request.GET.get("year", "")
    asked = int(typed) if typed.isascii() and typed.isdigit() and len(typed) == 4 else present
    return min(max(asked, FIRST_YEAR), present)


def months_of(request: OfficerRequest, year: int) -> list[Month]:
    return queries.months(request.officer, since=dt.date(year, 4, 1), until=dt.date(year + 1, 3, 31))


@requires(Duty.CASHIER)
@require_safe
def months(request: OfficerRequest) -> HttpResponse:
    year = year_asked(request)
    found = months_of(request, year)
    longest = max((max(each.charged, each.received, each.refunded) for each in found), default=0) or 1
    context = {
        **frame(request),
        "year": year,
        "years": range(fiscal_year(day_of(request.at)), FIRST_YEAR - 1, -1),
        "rows": [
            MonthRow(each, *(yen * BAR // longest for yen in (each.charged, each.received, each.refunded)))
            for each in found
        ],
        "total": Month(
            dt.date(year, 4, 1),
            *(sum(getattr(each, name) for each in found) for name in ("charged", "received", "refunded")),
        ),
    }
    return render(request, "fees/months.html", context)


@requires(Duty.CASHIER)
@require_safe
def months_csv(request: OfficerRequest) -> HttpResponse:
    """UTF-8 with a byte order mark, or with ?encoding=cp932 as older spreadsheets want it; all figures, no names."""
    year = year_asked(request)
    encoding = "cp932" if request.GET.get("encoding") == "cp932" else "utf-8-sig"
    response = HttpResponse(
        content_type=f"text/csv; charset={'Shift_JIS' if encoding == 'cp932' else 'utf-8'}"
    )
    response["Content-Disposition"] = f'attachment; filename="fees-{year}.csv"'
    response.charset = encoding
    writer = csv.writer(response)
    writer.writerow(["月", "請求", "入金", "返金", "差引"])
    for each in sorted(months_of(request, year), key=lambda month: month.first_day):
        writer.writerow([f"{each.first_day:%Y-%m}", each.charged, each.received, each.refunded, each.kept])
    return response
