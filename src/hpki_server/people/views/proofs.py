"""The audit chain for outsiders: heads and proofs as JSON.  They hold hashes and signatures, so everyone may have them."""

from collections.abc import Callable
from typing import ParamSpec

from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.http import require_safe

from hpki_server.people import published
from hpki_server.people.access import MomentRequest, public
from hpki_server.people.audit_key import audit_key_pem
from hpki_server.people.denial import Denied

P = ParamSpec("P")


@public
@require_safe
def audit_key(_request: MomentRequest) -> HttpResponseBase:
    return HttpResponse(audit_key_pem(), content_type="application/x-pem-file")


@public
@require_safe
def heads(_request: MomentRequest) -> HttpResponseBase:
    return JsonResponse({"heads": published.latest_heads()})


@public
@require_safe
def head(_request: MomentRequest, size: int) -> HttpResponseBase:
    return _answer(published.head_of_size, size)


@public
@require_safe
def inclusion(_request: MomentRequest, sequence: int, size: int) -> HttpResponseBase:
    return _answer(published.inclusion, sequence, size)


@public
@require_safe
def consistency(_request: MomentRequest, first: int, second: int) -> HttpResponseBase:
    return _answer(published.consistency, first, second)


def _answer(query: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> JsonResponse:
    try:
        return JsonResponse(query(*args, **kwargs), safe=False)
    except Denied as denied:
        [denial] = denied.denials
        return JsonResponse({"code": denial.code, "sentence": str(denial.sentence)}, status=404)
