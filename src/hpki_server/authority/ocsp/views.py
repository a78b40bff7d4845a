"""OCSP over HTTP behind Django: what the short way has no answer for (RFC 6960 appendix A)."""

from django.http import HttpResponse, HttpResponseNotModified
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from hpki.errors import MalformedInput
from hpki.issuance.ocsp import OcspFailure
from hpki.issuance.ocsp_request import MOST_OCTETS, read_get_path
from hpki_server.authority.ocsp.ready import Reply
from hpki_server.authority.ocsp.service import own_service
from hpki_server.people.access import MomentRequest, public


@csrf_exempt
@public
@require_http_methods(["GET", "HEAD", "POST"])
def status(request: MomentRequest, asked: str = "") -> HttpResponse:
    """Everybody may ask; a refusal is an OCSP answer too, so its HTTP status is 200."""
    reply = _reply(request, asked)
    headers = dict(reply.headers(request.at.timestamp()))
    if reply.etag and request.headers.get("If-None-Match") == reply.etag:
        return HttpResponseNotModified(
            headers={name: value for name, value in headers.items() if not name.startswith("Content-")}
        )
    return HttpResponse(reply.body, headers=headers)


def _reply(request: MomentRequest, asked: str) -> Reply:
    try:
        request_der = request.read(MOST_OCTETS + 1) if request.method == "POST" else read_get_path(asked)
    except MalformedInput:
        return Reply(OcspFailure.MALFORMED_REQUEST.der)
    return own_service().desk.answer(request_der, at=request.at)
