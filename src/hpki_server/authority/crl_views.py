"""Revocation lists for everyone: the one that stands now, and every one that ever stood, by its number."""

import re
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, Final, ParamSpec, cast

from django.db import InterfaceError, OperationalError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from hpki_server.authority.models import IssuedCrl, Issuer
from hpki_server.people.access import MomentRequest, public

# RFC 5280 8, RFC 2585 3: the media type of a DER list.
CONTENT_TYPE: Final = "application/pkix-crl"
# A list that goes out at once, for a loss, is seen by everyone this soon.
FRESH_SECONDS: Final = 300
# While the database is away: whoever asks comes again so soon, and uses the list that he has until it ends.
AGAIN_SECONDS: Final = 60
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_SUFFIX: Final = re.compile(r"(?P<slug>[\w-]+)-(?P<which>delta|roots|subordinates|[1-9][0-9]{0,3})")
Scope = IssuedCrl.Scope
# Small columns first; the list itself is read only when it is sent.
_FACTS: Final = ("id", "sha256", "this_update", "next_update")

P = ParamSpec("P")
Lists = Callable[Concatenate[HttpRequest, P], HttpResponse]


def _or_later(view: Lists[P]) -> Lists[P]:
    """A database out of reach is no failure of whoever asks: RFC 9110 15.6.4 with 10.2.3."""

    @wraps(view)
    def answered(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (OperationalError, InterfaceError):
            headers = {"Retry-After": str(AGAIN_SECONDS), "Cache-Control": "no-store"}
            return HttpResponse(status=HTTPStatus.SERVICE_UNAVAILABLE, headers=headers)

    return answered


@csrf_exempt
@public
@require_safe
@_or_later
def standing(request: HttpRequest, name: str) -> HttpResponse:
    """The list that stands now: SLUG, SLUG-3 (a shard), SLUG-delta, and of a root SLUG-roots and SLUG-subordinates."""
    row = _chosen(name).order_by("-number").only(*_FACTS).first()
    if row is None:
        raise Http404
    left = int((row.next_update - cast("MomentRequest", request).at).total_seconds())
    return _sent(request, row, f"public, max-age={max(0, min(FRESH_SECONDS, left))}")


@csrf_exempt
@public
@require_safe
@_or_later
def archived(request: HttpRequest, slug: str, number: int, *, delta: bool = False) -> HttpResponse:
    """A list by its number: signatures are judged at past moments."""
    found = IssuedCrl.objects.filter(
        issuer__slug=slug, number=number, state=IssuedCrl.State.ISSUED, base_number__isnull=not delta
    )
    row = found.only(*_FACTS).first()
    if row is None:
        raise Http404
    return _sent(request, row, _FOR_EVER)


def _chosen(name: str) -> QuerySet[IssuedCrl]:
    issued = IssuedCrl.objects.filter(state=IssuedCrl.State.ISSUED)
    if issuer := Issuer.objects.filter(slug=name).only("id", "parent_id").first():
        scope = Scope.SUBORDINATES if issuer.parent_id is None else Scope.ALL
        return issued.filter(issuer=issuer, scope=scope, base_number__isnull=True)
    match = _SUFFIX.fullmatch(name)
    if match is None:
        return issued.none()
    issued, which = issued.filter(issuer__slug=match["slug"]), match["which"]
    if which == "delta":
        return issued.filter(base_number__isnull=False)
    if which.isdigit():
        return issued.filter(scope=Scope.SHARD, shard=int(which))
    return issued.filter(scope=which)


def _sent(request: HttpRequest, row: IssuedCrl, caching: str) -> HttpResponse:
    etag, modified = f'"{row.sha256}"', int(row.this_update.timestamp())
    response = get_conditional_response(request, etag=etag, last_modified=modified)
    if response is None or response.status_code != HTTPStatus.NOT_MODIFIED:
        der = (
            b""
            if request.method == "HEAD"
            else IssuedCrl.objects.values_list("der", flat=True).get(id=row.id)
        )
        response = HttpResponse(bytes(der), content_type=CONTENT_TYPE)
    response["ETag"], response["Last-Modified"] = etag, http_date(modified)
    response["Cache-Control"] = caching
    return response
