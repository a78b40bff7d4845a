"""A row of the permission table: one URL, who may come, and what those get.

A room adds its rows here or in a list of its own that test_access.py adds up.  `kwargs` makes whatever the URL needs,
in the test's database.  `get` and `post` are the answers for those who may come (POST is sent empty); `post=405` says
that the page does not act, `get=405` that it does nothing else.  `elsewhere` are answers of single people who hold
the duty but may not reach this very record, by their key in the cast.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hpki_server.people.access import Access, Audience
from hpki_server.people.duties import Duty


def _nothing() -> Mapping[str, object]:
    return {}


@dataclass(frozen=True)
class Row:
    url_name: str
    access: Access
    kwargs: Callable[[], Mapping[str, object]] = _nothing
    get: int = 200
    post: int = 405
    elsewhere: Mapping[str, int] = field(default_factory=dict)


def everyone() -> Access:
    return Access(Audience.PUBLIC)


def applicants() -> Access:
    return Access(Audience.APPLICANT)


def officers(*duties: Duty) -> Access:
    return Access(Audience.OFFICER, frozenset(duties))
