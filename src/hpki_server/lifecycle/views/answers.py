"""What the pages of this room share: how a refusal is said, and whether the lists are out."""

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest
from django.utils.translation import gettext as _

from hpki_server.lifecycle.services.ending_cards import Told
from hpki_server.people.denial import Denied


def add_denials(form: BaseForm, denied: Denied) -> None:
    for denial in denied.denials:
        form.add_error(None, str(denial.sentence))


def say_why_not(request: HttpRequest, denied: Denied) -> None:
    for denial in denied.denials:
        messages.error(request, str(denial.sentence))


def say_lists(request: HttpRequest, told: Told) -> None:
    """The status services say it already; here is whether the lists do."""
    if not told.lists_are_out:
        messages.warning(
            request, _("失効リストは、まだ発行できていません。状態の照会には、すでに反映されています。")
        )
