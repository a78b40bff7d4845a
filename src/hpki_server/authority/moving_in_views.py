"""The centre takes over the cards that an association issued before; every row is told what became of it."""

from django.http import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from hpki_server.authority.moving_in_forms import MOST_UPLOAD_OCTETS, MoveInForm
from hpki_server.authority.services.moving_in import Outcome, environment_here, import_cards
from hpki_server.people.access import OfficerRequest, requires
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.uploads import takes_files


@takes_files(MOST_UPLOAD_OCTETS)
@requires(Duty.ISSUING)
@require_http_methods(["GET", "HEAD", "POST"])
def move_in(request: OfficerRequest) -> HttpResponseBase:
    form = MoveInForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            report = import_cards(file, environment=environment_here(), by=request.officer, at=request.at)
        except Denied as denied:
            form.add_error("file", [str(denial.sentence) for denial in denied.denials])
        else:
            counts = [(outcome, report.counts[outcome]) for outcome in Outcome]
            return render(request, "authority/moved_in.html", {"report": report, "counts": counts})
    return render(request, "authority/move_in.html", {"form": form})
