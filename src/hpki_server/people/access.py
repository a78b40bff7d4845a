"""Who may come to a page.  Every view carries exactly one of these marks; a test reads them all.

A mark also reads the clock, once for the whole request: a view finds the moment in `request.at`.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control

from hpki_server.people import queries
from hpki_server.people.duties import Duty
from hpki_server.people.models import Account
from hpki_server.people.officer import Officer

P = ParamSpec("P")
SECOND_FACTOR = "second_factor_at"
LAST_SEEN = "last_seen_at"
STAFF_IDLE_LIMIT = dt.timedelta(minutes=20)
STAFF_LONGEST = dt.timedelta(hours=12)
# How stale "last seen" may get before it is written again.
_SEEN_STEP_SECONDS = 30


class Audience(StrEnum):
    PUBLIC = "public"
    APPLICANT = "applicant"
    OFFICER = "officer"
    # Programs, which bring a key instead of a session: a client system's, or a holder's who signed in with the card.
    CLIENT = "client"
    HOLDER = "holder"


@dataclass(frozen=True)
class Access:
    """The mark on a view: `duties` empty means every officer."""

    audience: Audience
    duties: frozenset[Duty] = frozenset()


class MomentRequest(HttpRequest):
    """A request whose moment is known."""

    at: dt.datetime


class ApplicantRequest(MomentRequest):
    account: Account


class OfficerRequest(MomentRequest):
    account: Account
    officer: Officer


Opened = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def public(view: Callable[Concatenate[MomentRequest, P], HttpResponseBase]) -> Opened[P]:
    """Everyone, known or not."""

    @wraps(view)
    def opened(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        _arrive(request)
        return view(cast("MomentRequest", request), *args, **kwargs)

    return _marked(opened, Access(Audience.PUBLIC))


def applicant_only(view: Callable[Concatenate[ApplicantRequest, P], HttpResponseBase]) -> Opened[P]:
    """A person logged in with an applicant's account."""

    @wraps(view)
    def opened(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        _arrive(request)
        account = request.user
        if not isinstance(account, Account):
            return redirect_to_login(request.get_full_path(), reverse("people:login"))
        if account.kind != Account.Kind.APPLICANT:
            raise PermissionDenied("applicant_only")
        visit = cast("ApplicantRequest", request)
        visit.account = account
        return _unstored(view(visit, *args, **kwargs))

    return _marked(opened, Access(Audience.APPLICANT))


def requires(
    *duties: Duty,
) -> Callable[[Callable[Concatenate[OfficerRequest, P], HttpResponseBase]], Opened[P]]:
    """An officer, after password and TOTP, who holds one of `duties` somewhere; without duties any officer.

    Whether the duty runs in the organisation of the record is for the service and the query to decide.
    """

    def mark(view: Callable[Concatenate[OfficerRequest, P], HttpResponseBase]) -> Opened[P]:
        @wraps(view)
        def opened(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            at = _arrive(request)
            account = request.user
            if not isinstance(account, Account):
                return redirect_to_login(request.get_full_path(), reverse("people:staff-login"))
            if account.kind != Account.Kind.STAFF:
                raise PermissionDenied("officer_only")
            visit = cast("OfficerRequest", request)
            visit.account, visit.officer = account, queries.officer_of(account, at=at)
            if duties and not any(visit.officer.may(duty) for duty in duties):
                raise PermissionDenied("duty_missing")
            return _unstored(view(visit, *args, **kwargs))

        return _marked(opened, Access(Audience.OFFICER, frozenset(duties)))

    return mark


def access_of(view: object) -> Access | None:
    """The mark of a view, or None: the view was forgotten."""
    return getattr(view, "access", None)


def _unstored(response: HttpResponseBase) -> HttpResponseBase:
    """Desks are shared: after logging out nothing comes back from the browser's store."""
    patch_cache_control(response, no_store=True, private=True)
    return response


def _marked(view: Opened[P], access: Access) -> Opened[P]:
    view.access = access  # type: ignore[attr-defined]  # functions take attributes; their type does not say so
    return view


def _arrive(request: HttpRequest) -> dt.datetime:
    """The moment of the request; a staff session that rested too long or lacks its second factor ends here."""
    if "%00" in request.META.get("QUERY_STRING", "") or "\x00" in request.path_info:
        # No database keeps it and nobody types it.
        raise BadRequest("a zero octet in the address")
    at = timezone.now()  # noqa: TID251 - the one place where a page reads the clock
    cast("MomentRequest", request).at = at
    account = request.user
    if isinstance(account, Account) and account.kind == Account.Kind.STAFF:
        seen, proven = request.session.get(LAST_SEEN, 0), request.session.get(SECOND_FACTOR, 0)
        now = int(at.timestamp())
        if now - seen > STAFF_IDLE_LIMIT.total_seconds() or now - proven > STAFF_LONGEST.total_seconds():
            logout(request)
        elif now - seen > _SEEN_STEP_SECONDS:
            request.session[LAST_SEEN] = now
    return at
