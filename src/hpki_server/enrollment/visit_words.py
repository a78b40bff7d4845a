"""What a person brings to the desk, in one sentence: progress page, its steps and appointments say the same.

The desk asks for nothing that is not said here (`rules.desk`): whoever comes without the old card comes twice.
"""

import datetime as dt

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment.rules import ApplicationFacts, CaseKind, Need, Part
from hpki_server.enrollment.rules.desk import asked_at_desk


def to_intake(facts: ApplicationFacts, on: dt.date) -> Promise:
    """Of what was seen before, nothing."""
    if Part.RESIDENCE in asked_at_desk(facts, on, Need.NOW) - facts.originals_seen:
        return _("住民票の写し（原本）と写真付き身分証をお持ちください。")
    return _("写真付き身分証をお持ちください。")


def to_pickup(facts: ApplicationFacts, on: dt.date) -> Promise:
    if facts.kind is CaseKind.EMERGENCY:
        return _("写真付き身分証を、ご本人がお持ちください。")
    if gives_old_card(facts, on):
        return _("ご署名した通知ハガキ、写真付き身分証、これまでのカードを、ご本人がお持ちください。")
    return _("ご署名した通知ハガキと写真付き身分証を、ご本人がお持ちください。")


def gives_old_card(facts: ApplicationFacts, on: dt.date) -> bool:
    return Part.OLD_CARD in asked_at_desk(facts, on, Need.AT_PICKUP)
