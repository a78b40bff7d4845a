"""Two ways to fill in one record: an applicant on the web, a desk from a sheet of paper.  The pages are the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.http import HttpRequest
from django.urls import reverse

from hpki_server.enrollment.models import Application
from hpki_server.enrollment.services.record import Filler


@dataclass(frozen=True)
class Route:
    """Which pages a way has, by their URL names."""

    is_paper: bool
    pages: Mapping[str, str]

    def url(self, page: str, application: Application, *more: str) -> str:
        return reverse(f"enrollment:{self.pages[page]}", args=[application.pk, *more])


@dataclass(frozen=True)
class Visit:
    """One request by somebody who may fill in this application."""

    request: HttpRequest
    route: Route
    application: Application
    by: Filler

    def url(self, page: str, *more: str) -> str:
        return self.route.url(page, self.application, *more)


WEB = Route(
    is_paper=False,
    pages=MappingProxyType(
        {
            "entries": "entries",
            "section": "entries-section",
            "keep": "keep",
            "papers": "papers",
            "hand-in": "hand-in",
            "confirm": "confirm",
            "paper": "own-paper",
            "print": "print-form",
            "after": "progress",
        }
    ),
)
PAPER = Route(
    is_paper=True,
    pages=MappingProxyType(
        {
            "entries": "paper-entries",
            "section": "paper-section",
            "keep": "paper-keep",
            "papers": "paper-papers",
            "hand-in": "paper-hand-in",
            "confirm": "paper-confirm",
            "paper": "paper-copy",
            "after": "paper-sent",
        }
    ),
)
