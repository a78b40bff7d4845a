"""The links of header and footer.  A room offers its own at start; each visitor sees those that open for them."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise

from hpki_server.people.access import Audience
from hpki_server.people.duties import Duty
from hpki_server.people.officer import Officer


@dataclass(frozen=True)
class Offer:
    """A page for the header: who sees it, and where it stands (`order` ascending).  No duties: every officer."""

    url_name: str
    label: str | Promise
    audience: Audience
    order: int
    duties: frozenset[Duty] = frozenset()


@dataclass(frozen=True)
class Link:
    url: str
    label: str | Promise
    current: bool


_offers: dict[str, Offer] = {}
# Open to everyone, at the foot of every page.
_at_the_foot: dict[str, str | Promise] = {}


def offer(page: Offer) -> None:
    """Called by a room's AppConfig.ready()."""
    _offers[page.url_name] = page


def offer_at_the_foot(url_name: str, label: str | Promise) -> None:
    """A public page that everybody may want now and then; called by a room's AppConfig.ready()."""
    _at_the_foot[url_name] = label


def links_at_the_foot(path: str) -> Iterator[Link]:
    for url_name, label in _at_the_foot.items():
        url = reverse(url_name)
        yield Link(url, label, path == url)


def links_for(audience: Audience, officer: Officer | None, path: str) -> Iterator[Link]:
    """The links in order; the one whose page (or whose sub-page) is `path` is marked."""
    offers = [page for page in _offers.values() if _opens(page, audience, officer)]
    urls = {page.url_name: reverse(page.url_name) for page in offers}
    inside = [url for url in urls.values() if path == url or (url != "/" and path.startswith(url))]
    nearest = max(inside, key=len, default="")
    for page in sorted(offers, key=lambda page: page.order):
        yield Link(urls[page.url_name], page.label, urls[page.url_name] == nearest)


def _opens(page: Offer, audience: Audience, officer: Officer | None) -> bool:
    if page.audience is not audience:
        return False
    if not page.duties:
        return True
    return officer is not None and any(officer.may(duty) for duty in page.duties)
