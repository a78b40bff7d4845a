"""The time-stamp authority over HTTP (RFC 3161 3.4)."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from hpki.issuance.timestamp_request import MOST_OCTETS
from hpki_server.authority.services.time_stamping import answer_time_stamp_query
from hpki_server.people.access import public

QUERY = "application/timestamp-query"
REPLY = "application/timestamp-reply"


@public
@csrf_exempt
@require_POST
def time_stamp(request: HttpRequest) -> HttpResponseBase:
    """A query in, a reply out; refusals are replies too.  No session and no cookie has a part in it."""
    if request.content_type != QUERY:
        return HttpResponse(
            "Content-Type: application/timestamp-query\n", status=415, content_type="text/plain"
        )
    query = _body(request)
    if query is None:
        return HttpResponse(f"at most {MOST_OCTETS} octets\n", status=413, content_type="text/plain")
    # Not the moment of the request's arrival: a sender who takes his time would get a time before his document.
    at = timezone.now()  # noqa: TID251 - a view reads the clock, here after the last octet
    reply = HttpResponse(answer_time_stamp_query(query, at=at), content_type=REPLY)
    reply["Cache-Control"] = "no-store"
    return reply


def _body(request: HttpRequest) -> bytes | None:
    """At most one octet more than a query may have is read; None when there is more."""
    try:
        declared = int(request.headers.get("Content-Length") or 0)
    except ValueError:
        return None
    if declared > MOST_OCTETS:
        return None
    try:
        body = request.read(MOST_OCTETS + 1)
    except (OSError, RequestDataTooBig):
        return None
    return body if len(body) <= MOST_OCTETS else None
