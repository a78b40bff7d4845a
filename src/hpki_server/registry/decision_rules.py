"""Who may judge an answer that is not a plain match, and how: facts in, denials out."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from hpki_server.people.denial import Denial


class Outcome(models.TextChoices):
    SAME_PERSON = "same-person", _("本人の登録である")
    OTHER_PERSON = "other-person", _("本人の登録ではない")


class Reason(models.TextChoices):
    OFFICIAL_VARIANT = "official-variant", _("異体字だけの違いで、ほかはすべて一致する")
    FAMILY_REGISTER = "family-register", _("戸籍謄（抄）本で氏名のつながりを確認した")
    LICENCE = "licence", _("医師免許証の写しが登録のとおりである")
    REGISTRY_ERROR = "registry-error", _("登録の誤記であり、訂正を求めた")
    MINISTRY = "ministry", _("厚生労働省に照会し、回答を得た")
    NOT_THE_PERSON = "not-the-person", _("書類の内容と合わず、別人の登録である")


class DecisionState(models.TextChoices):
    PROPOSED = "proposed", _("確認待ち")
    CONFIRMED = "confirmed", _("確認済み")
    REFUSED = "refused", _("同意せず")
    WITHDRAWN = "withdrawn", _("取消し")


# What speaks for the same person, and what against.
REASONS_FOR = {
    Outcome.SAME_PERSON: frozenset(Reason) - {Reason.NOT_THE_PERSON},
    Outcome.OTHER_PERSON: frozenset({Reason.NOT_THE_PERSON, Reason.MINISTRY}),
}


@dataclass(frozen=True)
class DecisionFacts:
    """An officer is about to decide, or a second one to confirm or refuse."""

    officer: UUID
    has_duty: bool
    # Whose application it is, and who typed it from paper.
    concerns: UUID | None
    entered_by: UUID | None
    outcome: Outcome
    reason: Reason | None
    note: str = ""
    # Do the entry and the claim still say what the officer saw?
    is_current: bool = True
    entry_is_candidate: bool = True
    only_variants_differ: bool = False
    register_paper_present: bool = False
    cannot_decide: bool = False
    # The first officer, when this is the second.
    decided_by: UUID | None = None
    is_open: bool = True


Rule = Callable[[DecisionFacts], Denial | None]


def no_duty(facts: DecisionFacts) -> Denial | None:
    return None if facts.has_duty else Denial("no_duty", _("照合の判断を行う権限がありません。"))


def own_application(facts: DecisionFacts) -> Denial | None:
    if facts.officer != facts.concerns:
        return None
    return Denial("own_application", _("ご自身の申請を扱うことはできません。"))


def entered_by_same_officer(facts: DecisionFacts) -> Denial | None:
    if facts.officer != facts.entered_by:
        return None
    return Denial("entered_by_same_officer", _("紙の申請書を入力した担当者は、照合の判断を行えません。"))


def reason_missing(facts: DecisionFacts) -> Denial | None:
    if facts.reason is not None:
        return None
    return Denial("reason_missing", _("判断の理由を選んでください。"))


def reason_unfit(facts: DecisionFacts) -> Denial | None:
    if facts.reason is None or facts.reason in REASONS_FOR[facts.outcome]:
        return None
    return Denial("reason_unfit", _("選んだ理由は、この判断の理由になりません。"))


def more_than_variants_differ(facts: DecisionFacts) -> Denial | None:
    if facts.reason is not Reason.OFFICIAL_VARIANT or facts.only_variants_differ:
        return None
    return Denial(
        "more_than_variants_differ",
        _("異体字のほかにも違いがあります。ほかの理由を選ぶか、書類を求めてください。"),
    )


def register_paper_missing(facts: DecisionFacts) -> Denial | None:
    # M9 and the ministry's practice: what the registry cannot tell, the 戸籍抄本 tells.
    needs = facts.reason is Reason.FAMILY_REGISTER or facts.cannot_decide
    if facts.outcome is Outcome.OTHER_PERSON or not needs or facts.register_paper_present:
        return None
    return Denial(
        "register_paper_missing",
        _("戸籍謄（抄）本がまだありません。「書類を求める」から申請者にお願いしてください。"),
    )


def entry_no_candidate(facts: DecisionFacts) -> Denial | None:
    if facts.entry_is_candidate:
        return None
    return Denial("entry_no_candidate", _("選んだ登録は、この申請の候補ではありません。"))


def facts_changed(facts: DecisionFacts) -> Denial | None:
    if facts.is_current:
        return None
    return Denial(
        "facts_changed",
        _("表示のあとで申請または登録の内容が変わりました。もう一度ご覧になって判断してください。"),
    )


def same_officer(facts: DecisionFacts) -> Denial | None:
    if facts.officer != facts.decided_by:
        return None
    return Denial("same_officer", _("判断した担当者は確認できません。別の担当者が確認します。"))


def already_confirmed(facts: DecisionFacts) -> Denial | None:
    if facts.is_open:
        return None
    return Denial("already_decided", _("この判断は、すでに確認または取り消されています。"))


WHO: tuple[Rule, ...] = (no_duty, own_application, entered_by_same_officer)
DECISION_RULES: tuple[Rule, ...] = (
    *WHO,
    reason_missing,
    reason_unfit,
    entry_no_candidate,
    facts_changed,
    more_than_variants_differ,
    register_paper_missing,
)
# The second officer looks at the same facts by the same rules, and is another.
CONFIRMATION_RULES: tuple[Rule, ...] = (already_confirmed, same_officer, *DECISION_RULES)
REFUSAL_RULES: tuple[Rule, ...] = (already_confirmed, same_officer, *WHO)
WITHDRAWAL_RULES: tuple[Rule, ...] = (already_confirmed, no_duty)


def denials(rules: tuple[Rule, ...], facts: DecisionFacts) -> list[Denial]:
    return [denial for rule in rules if (denial := rule(facts))]
