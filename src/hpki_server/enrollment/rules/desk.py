"""What a desk and an examiner must have done with their own hands: one rule each."""

import datetime as dt

from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment.rules.checklist import How, Need, checklist
from hpki_server.enrollment.rules.denying import no_duty, own_application, wrong_state
from hpki_server.enrollment.rules.facts import ApplicationFacts, Case
from hpki_server.enrollment.rules.kinds import CaseKind
from hpki_server.enrollment.rules.papers import FaceName, Part
from hpki_server.enrollment.rules.shown import WITHOUT_NUMBER, EntryField
from hpki_server.people.denial import Denial

# Between the two taps of a pickup lies the moment in which the card changes hands.
SECOND_TAP_WITHIN = dt.timedelta(minutes=15)
# A desk without network for longer than this calls the centre.
SENT_WITHIN = dt.timedelta(days=7)
CLOCK_MAY_BE_AHEAD = dt.timedelta(minutes=10)

# Each has its own tick; the entries have theirs.
OTHER_COPIES = frozenset({Part.FAMILY_REGISTER, Part.ALIAS_PROOF, Part.LOSS_REPORT})
# What stands on the photo ID and the 住民票 that an emergency case has to show; the licence follows.
EMERGENCY_FIELDS = frozenset({EntryField.NAME, EntryField.BORN_ON, EntryField.ADDRESS})


def fields_to_check(facts: ApplicationFacts) -> frozenset[EntryField]:
    """The entries that an examiner holds against the papers of this case."""
    if facts.kind is CaseKind.EMERGENCY:
        return EMERGENCY_FIELDS
    beside = facts.face_name is not FaceName.LEGAL
    return frozenset(field for field in EntryField if beside or field is not EntryField.BESIDE_NAME)


def asked_at_desk(facts: ApplicationFacts, on: dt.date, need: Need) -> frozenset[Part]:
    """The originals that the desk looks at or takes back."""
    items = checklist(facts, on)
    return frozenset(item.part for item in items if item.how is How.DESK and item.need is need)


def applicant_not_met(case: Case) -> Denial | None:
    if case.originals is not None and case.originals.met_applicant:
        return None
    return Denial(
        "applicant_not_met",
        _("申請者ご本人にお会いし、写真・身分証と同じ方であることを確認してください。"),
    )


def residence_record_asked(facts: ApplicationFacts, on: dt.date) -> bool:
    """Not for an emergency card before it is issued; and what was seen once need not be brought again, unless the
    entries that it proves have changed since or the examiner asked for it (`originals_anew`).
    """
    return Part.RESIDENCE in asked_at_desk(facts, on, Need.NOW) - facts.originals_seen


def residence_record_not_seen(case: Case) -> Denial | None:
    if not residence_record_asked(case.facts, case.act.on):
        return None
    if case.originals is not None and case.originals.residence_record:
        return None
    # M3 ④: "original of 住民票の写し (a copy is refused)".
    return Denial(
        "residence_record_not_seen", _("住民票の写しは原本を確認してください。コピーでは受け付けられません。")
    )


def old_card_not_returned(case: Case) -> Denial | None:
    if Part.OLD_CARD not in asked_at_desk(case.facts, case.act.on, Need.AT_PICKUP):
        return None
    if case.pickup is not None and case.pickup.old_card:
        return None
    return Denial("old_card_not_returned", _("これまでのカードを返していただいてから、お渡しください。"))


def postcard_not_collected(case: Case) -> Denial | None:
    # An emergency card is fetched within the hour; no postcard was sent.
    if case.facts.kind is CaseKind.EMERGENCY or (case.pickup is not None and case.pickup.postcard):
        return None
    return Denial("postcard_not_collected", _("ご署名のある通知ハガキを受け取ってください。"))


def papers_not_fit(case: Case) -> Denial | None:
    papers, present = case.papers, case.facts.parts_present
    if papers is not None:
        ticked = (papers.others_fit & OTHER_COPIES) | {
            part
            for part, fits in (
                (Part.PHOTO, papers.photo_fits),
                (Part.LICENCE, papers.licence_fits),
                (Part.IDENTITY, papers.identity_fits),
            )
            if fits
        }
        if present & ({Part.PHOTO, Part.LICENCE, Part.IDENTITY} | OTHER_COPIES) <= ticked:
            return None
    return Denial(
        "papers_not_fit",
        _(
            "顔写真・医師免許証・身分証のすべてを確認してください。確認できないものがあれば不備返送してください。"
        ),
    )


def identity_number_missing(case: Case) -> Denial | None:
    shown = case.originals or case.pickup
    if shown is None or shown.identity_kind is None or shown.identity_kind in WITHOUT_NUMBER:
        return None
    if shown.number is not None and shown.number.keyed_hash:
        return None
    return Denial("identity_number_missing", _("確認した身分証の番号を入力してください。"))


def identity_number_elsewhere(case: Case) -> Denial | None:
    shown = case.originals or case.pickup
    if shown is None or shown.number is None or not shown.number.used_by_another or shown.number.reread:
        return None
    return Denial(
        "identity_number_elsewhere",
        _(
            "同じ番号の身分証が、別の方の手続きで記録されています。番号を読み直してください。それでも同じときは「番号を読み直しました」に印を付けて進めてください。センターが調べます。"
        ),
    )


def identity_number_differs(case: Case) -> Denial | None:
    shown = case.originals or case.pickup
    if shown is None or shown.number is None or not shown.number.differs_from_earlier or shown.number.reread:
        return None
    # A licence issued anew after a loss counts up in its last figure, so this is a question and no refusal.
    return Denial(
        "identity_number_differs",
        _(
            "受付のときと身分証の番号が違います。番号と写真を見直し、再交付などで番号が変わったときだけ「番号を読み直しました」に印を付けて進めてください。"
        ),
    )


def fields_not_checked(case: Case) -> Denial | None:
    if case.papers is not None and fields_to_check(case.facts) <= case.papers.fields:
        return None
    return Denial(
        "fields_not_checked",
        _(
            "記入のすべての項目を書類と見比べて、印を付けてください。合わない項目があれば不備返送してください。"
        ),
    )


def not_at_pickup(case: Case) -> list[Denial]:
    """May this desk note something about a card that waits there?"""
    return [denial for rule in (wrong_state, no_duty, own_application) if (denial := rule(case))]


def sent_too_late(claimed_at: dt.datetime, at: dt.datetime) -> Denial | None:
    if at - claimed_at <= SENT_WITHIN:
        return None
    return Denial(
        "sent_too_late", _("控えの日時から 7 日を過ぎています。申請者にもう一度お越しいただいてください。")
    )


def clock_ahead(claimed_at: dt.datetime, at: dt.datetime) -> Denial | None:
    if claimed_at - at <= CLOCK_MAY_BE_AHEAD:
        return None
    return Denial("clock_ahead", _("端末の時計が進んでいます。時計を合わせてから、もう一度送ってください。"))


def first_tap_missing(checked_at: dt.datetime | None, at: dt.datetime) -> Denial | None:
    if checked_at is not None and dt.timedelta(0) <= at - checked_at <= SECOND_TAP_WITHIN:
        return None
    return Denial(
        "first_tap_missing",
        _("ご本人の確認から 15 分を過ぎました。確認からもう一度行ってください。"),
    )
