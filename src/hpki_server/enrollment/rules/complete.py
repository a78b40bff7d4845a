"""Is an application complete?  The rules of handing in, read off the checklist."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment.rules.checklist import How, missing
from hpki_server.enrollment.rules.denying import IDENTITY_EXPIRED, Rule
from hpki_server.enrollment.rules.facts import Case
from hpki_server.enrollment.rules.kinds import CaseKind
from hpki_server.enrollment.rules.papers import FaceName, Part, in_term, issued_late_enough
from hpki_server.people.denial import Denial

IDENTITY_TOO_OLD = Denial(
    "identity_too_old",
    _("運転経歴証明書は平成24年4月1日以降に交付されたものに限ります。交付年月日をご確認ください。"),
)
ALIAS_NOT_ALLOWED = Denial(
    "alias_not_allowed",
    _("通名を併記できるのは特別永住者の方だけです。旧姓と特別永住者の通名のほかの名前は記載できません。"),
)


def entries_incomplete(case: Case) -> Denial | None:
    if case.facts.entries_complete:
        return None
    return Denial(
        "entries_incomplete", _("ご記入がまだ終わっていません。「要記入」と示した項目をご確認ください。")
    )


def nothing_changed(case: Case) -> Denial | None:
    """Sent so, it would make the same card once more, and charge what the present name or membership costs."""
    if not case.facts.same_as_card or not case.facts.entries_complete:
        return None
    if case.facts.kind is CaseKind.MEMBER_CHANGE:
        return Denial(
            "membership_unchanged",
            _("会員種別が、いまのカードと同じです。「医籍と会員」で、変更後の会員種別をお選びください。"),
        )
    return Denial(
        "name_unchanged",
        _(
            "お名前が、いまのカードと同じです。「お名前」または「旧姓・通名」で、変更後のお名前をご記入ください。"
        ),
    )


def paper_missing(part: Part, sentence: str | Promise) -> Rule:
    """A rule for one copy, asked for only where the checklist asks for it."""

    def rule(case: Case) -> Denial | None:
        # What a return asked for anew is `papers_awaited`'s to tell.
        is_here = part in case.facts.parts_present
        if is_here or part not in missing(case.facts, case.act.on, how=How.UPLOAD):
            return None
        return Denial(f"{part.value.replace('-', '_')}_missing", sentence)

    return rule


def identity_unnamed(case: Case) -> Denial | None:
    if Part.IDENTITY not in case.facts.parts_present or case.facts.identity_kind is not None:
        return None
    return Denial("identity_unnamed", _("身分証の種類をお選びください。"))


def identity_copy_expired(case: Case) -> Denial | None:
    facts = case.facts
    if facts.identity_kind is None or in_term(facts.identity_kind, facts.identity_expires_on, case.act.on):
        return None
    return IDENTITY_EXPIRED


def identity_too_old(case: Case) -> Denial | None:
    facts = case.facts
    return None if issued_late_enough(facts.identity_kind, facts.identity_issued_on) else IDENTITY_TOO_OLD


def alias_not_allowed(case: Case) -> Denial | None:
    """M3: "the 通名 of a special permanent resident; never a pen or stage name"."""
    facts = case.facts
    wants = facts.face_name is FaceName.WITH_ALIAS or facts.has_alias
    return ALIAS_NOT_ALLOWED if wants and not facts.special_permanent_resident else None


COMPLETE: tuple[Rule, ...] = (
    entries_incomplete,
    nothing_changed,
    alias_not_allowed,
    paper_missing(Part.PHOTO, _("顔写真がまだありません。")),
    paper_missing(Part.LICENCE, _("医師免許証の写しがまだありません。")),
    paper_missing(Part.IDENTITY, _("写真付き身分証の写しがまだありません。")),
    paper_missing(Part.FAMILY_REGISTER, _("戸籍謄本または抄本の写しがまだありません。")),
    paper_missing(Part.ALIAS_PROOF, _("特別永住者であることの証明書の写しがまだありません。")),
    paper_missing(Part.LOSS_REPORT, _("紛失届がまだありません。")),
    identity_unnamed,
    identity_copy_expired,
    identity_too_old,
)


def copies_gone(case: Case) -> Denial | None:
    """A copy that was struck out after it was sent is awaited like one that never came."""
    if not missing(case.facts, case.act.on, how=How.UPLOAD):
        return None
    return Denial(
        "copies_gone", _("必要な書類の写しがそろっていません。不備返送して差し替えを求めてください。")
    )
