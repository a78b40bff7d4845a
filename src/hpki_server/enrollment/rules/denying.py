"""The single rules: each looks at one case and gives one denial, or nothing."""

import datetime as dt
from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment.rules.facts import Case
from hpki_server.enrollment.rules.kinds import CaseKind
from hpki_server.enrollment.rules.papers import IdentityKind, in_term
from hpki_server.enrollment.rules.states import STEPS_FROM
from hpki_server.people.denial import Denial

Rule = Callable[[Case], Denial | None]


def wrong_state(case: Case) -> Denial | None:
    if case.facts.state in STEPS_FROM[case.step]:
        return None
    return Denial(
        "wrong_state",
        _("この申請は、ほかの操作によって状態が変わりました。最新の内容をご確認ください。"),
    )


def not_the_applicant(case: Case) -> Denial | None:
    """The applicant; or, for an application that came on paper, the desk that typed it."""
    if case.act.by == case.facts.applicant_id:
        return None
    if case.facts.entered_by is not None and case.act.has_duty:
        return None
    return Denial("not_the_applicant", _("申請したご本人だけが行えます。"))


def no_duty(case: Case) -> Denial | None:
    return None if case.act.has_duty else Denial("no_duty", _("この申請を扱う権限がありません。"))


def entered_by_same_officer(case: Case) -> Denial | None:
    """Whoever typed in a paper application, all of it or one line, has seen it through once; two others decide."""
    if case.act.by != case.facts.entered_by and case.act.by not in case.facts.also_entered_by:
        return None
    return Denial("entered_by_same_officer", _("紙の申請書を入力した担当者は、審査も承認もできません。"))


def own_application(case: Case) -> Denial | None:
    if case.act.by != case.facts.applicant_id:
        return None
    return Denial("own_application", _("ご自身の申請を扱うことはできません。"))


IDENTITY_EXPIRED = Denial(
    "identity_expired",
    _("写真付き身分証の有効期限が過ぎています。期限内の身分証の写しをお送りください。"),
)
IDENTITY_TERM_MISSING = Denial(
    "identity_term_missing", _("この身分証には有効期限があります。有効期限をご記入ください。")
)


def shown_identity(case: Case) -> tuple[IdentityKind | None, dt.date | None]:
    shown = case.originals or case.pickup
    return (None, None) if shown is None else (shown.identity_kind, shown.identity_expires_on)


def identity_not_seen(case: Case) -> Denial | None:
    if shown_identity(case)[0] is not None:
        return None
    return Denial("identity_not_seen", _("確認した身分証の種類を選んでください。"))


def shown_identity_expired(case: Case) -> Denial | None:
    kind, expires_on = shown_identity(case)
    if kind is None or in_term(kind, expires_on, case.act.on):
        return None
    return Denial(
        "shown_identity_expired",
        _("身分証が期限内であることを確認し、有効期限を入力してください。"),
    )


def registry_disagrees(case: Case) -> Denial | None:
    if case.facts.registry_agrees:
        return None
    return Denial(
        "registry_disagrees",
        _(
            "医籍との照合が一致していません。不備返送するか、登録と違うところを二人の担当者で判断してください。"
        ),
    )


def replaces_a_stranger(case: Case) -> Denial | None:
    """A mistyped card number would end another holder's card at the hand-over."""
    if not case.facts.replaces_a_stranger:
        return None
    return Denial(
        "replaces_a_stranger",
        _(
            "入れ替えるカードの医籍登録番号が、この申請と異なります。別の方のカードではないか、カード番号をご確認ください。"
        ),
    )


def has_a_card(case: Case) -> Denial | None:
    """One person, one living card; a new one names the one that it replaces."""
    if not case.facts.has_another_card:
        return None
    return Denial(
        "has_a_card",
        _(
            "この医籍登録番号には、有効なカードまたは発行の進んでいる申請が、すでにあります。更新や再発行は、カードの画面または医師会の窓口からお手続きください。"
        ),
    )


def registry_barred(case: Case) -> Denial | None:
    """医師法 7条: a licence that is revoked or suspended on the day."""
    if not any(bar.on(case.act.on) for bar in case.facts.registry_bars):
        return None
    return Denial(
        "registry_barred",
        _(
            "この登録番号には、免許の取消しまたは医業の停止が記録されています。効力のある間は、審査から交付までの手続きを進められません。"
        ),
    )


def death_reported(case: Case) -> Denial | None:
    """Nothing is made for, and nobody writes to, a person who is said to have died; taking back stays possible."""
    if not case.facts.death_reported:
        return None
    return Denial(
        "death_reported",
        _(
            "この医籍登録番号について届出または登録があったため、この申請の手続きは止まっています。ご不明の点は、医師会の窓口にお問い合わせください。"
        ),
    )


def same_officer(case: Case) -> Denial | None:
    if case.facts.vetted_by is not None and case.facts.vetted_by != case.act.by:
        return None
    return Denial("same_officer", _("審査した担当者は承認できません。別の担当者が承認してください。"))


def fee_unpaid(case: Case) -> Denial | None:
    if case.facts.fee_settled or case.facts.state not in STEPS_FROM[case.step]:
        return None
    return Denial("fee_unpaid", _("手数料の入金をまだ確認できていません。入金を確認してから進んでください。"))


def postcard_not_printed(case: Case) -> Denial | None:
    """An emergency's card is fetched within the hour: no postcard could come before its holder."""
    if case.facts.postcard_printed or case.facts.kind is CaseKind.EMERGENCY:
        return None
    return Denial("postcard_not_printed", _("通知ハガキがまだ印刷されていません。"))


def pin_letter_not_printed(case: Case) -> Denial | None:
    if case.facts.pin_letter_printed:
        return None
    return Denial("pin_letter_not_printed", _("暗証番号通知書がまだ印刷されていません。"))


def pin_letter_printed_before(case: Case) -> Denial | None:
    if not case.facts.pin_letter_printed:
        return None
    return Denial(
        "pin_letter_printed_before",
        _("暗証番号通知書は一度だけ印刷できます。暗証番号はすでに消去されました。"),
    )


def not_in_person(case: Case) -> Denial | None:
    if case.pickup is not None and case.pickup.in_person:
        return None
    # M3: "the holder in person, never a proxy".
    return Denial("not_in_person", _("お受け取りはご本人に限ります。代理の方にはお渡しできません。"))


def reasons_missing(case: Case) -> Denial | None:
    if case.reasons:
        return None
    return Denial("reasons_missing", _("返送の理由を 1 つ以上選んでください。"))


def papers_awaited(case: Case) -> Denial | None:
    if not case.facts.parts_awaited:
        return None
    return Denial("papers_awaited", _("差し替えの必要な書類がまだ届いていません。"))
