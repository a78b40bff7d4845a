"""An application's entries as facts for a page."""

from django.utils.translation import gettext as _

from hpki_server.authority.models import Card
from hpki_server.enrollment.entry_forms import SECTIONS, Section
from hpki_server.enrollment.models import CASE_WORDS, IDENTITY_WORDS, Application, MemberKind, Sex
from hpki_server.enrollment.rules import CaseKind, IdentityKind
from hpki_server.enrollment.words import name_of
from hpki_server.people.pieces import Fact, Progress, Step


def entered_facts(application: Application) -> list[Fact]:
    """All that was entered, in the order of the form."""
    groups = [facts for _section, facts in grouped_facts(application)]
    return [fact for facts in groups for fact in facts] + identity_facts(application)


def grouped_facts(application: Application) -> list[tuple[Section, list[Fact]]]:
    """What was entered, page by page."""
    makers = (name_facts, other_name_facts, licence_facts, contact_facts)
    return [(section, facts(application)) for section, facts in zip(SECTIONS, makers, strict=True)]


def name_facts(application: Application) -> list[Fact]:
    return [
        Fact(_("カナ"), f"{application.family_kana}　{application.given_kana}".strip("　")),
        Fact(_("ローマ字"), f"{application.given_romaji} {application.family_romaji}".strip()),
        Fact(_("生年月日"), day=application.born_on),
        Fact(_("性別（戸籍）"), Sex(application.sex).label if application.sex else ""),
    ]


def other_name_facts(application: Application) -> list[Fact]:
    """Nothing, for most people."""
    facts = []
    if application.former_family_name:
        facts.append(Fact(_("旧姓"), f"{application.former_family_name}（{application.former_family_kana}）"))
    if application.alias:
        kana = f"{application.alias_family_kana}　{application.alias_given_kana}"
        facts.append(Fact(_("通名"), f"{application.alias}（{kana}）"))
    facts.append(Fact(_("カードの併記"), application.beside_name or _("なし")))
    return facts


def licence_facts(application: Application) -> list[Fact]:
    return [
        Fact(_("医籍登録番号"), numbered(application.registration_number)),
        Fact(_("医籍登録年月日"), day=application.registered_on),
        Fact(_("会員種別"), member_words(application)),
    ]


def contact_facts(application: Application) -> list[Fact]:
    return [
        Fact(_("住所"), f"〒{application.postal_code}　{application.address}" if application.address else ""),
        Fact(_("電話番号"), application.phone),
        Fact(_("電子メール"), application.email or _("なし")),
        Fact(_("お受け取りの医師会"), name_of(application.association) if application.association else ""),
    ]


def identity_facts(application: Application) -> list[Fact]:
    return [
        Fact(_("身分証の種類"), identity_words(application)),
        Fact(
            _("身分証の有効期限"),
            value="" if application.identity_expires_on else _("期限なし"),
            day=application.identity_expires_on,
        ),
    ]


def case_facts(application: Application) -> list[Fact]:
    """What tells one application from another at a glance."""
    return [
        Fact(_("種類"), CASE_WORDS[CaseKind(application.kind)]),
        Fact(_("会員種別"), member_words(application)),
        Fact(_("医籍登録番号"), numbered(application.registration_number)),
        Fact(_("旧姓・通名の併記"), application.beside_name or _("なし")),
        Fact(_("お受け取りの医師会"), name_of(application.association) if application.association else ""),
    ]


def member_words(application: Application) -> str:
    if not application.member_kind:
        return ""
    kind = str(MemberKind(application.member_kind).label)
    return f"{kind}　{application.member_id}".strip("　")


def identity_words(application: Application) -> str:
    return str(IDENTITY_WORDS[IdentityKind(application.identity_kind)]) if application.identity_kind else ""


def numbered(number: str) -> str:
    """第 464321 号, as on the licence."""
    return _("第 %(number)s 号") % {"number": number} if number else ""


def card_facts(card: Card) -> list[Fact]:
    """What was frozen when the card was ordered."""
    return [
        Fact(_("カード番号"), card.card_id),
        Fact(_("カードの併記"), card.beside_name or _("なし")),
        Fact(_("ローマ字"), f"{card.given_romaji} {card.family_romaji}"),
        Fact(_("生年月日"), day=card.born_on),
        Fact(_("医籍登録番号"), numbered(card.registration_number)),
        Fact(_("日医会員ID"), card.member_id or _("なし")),
        Fact(_("有効期限"), day=card.expires_on),
    ]


def filled_steps(card: Card) -> list[Step]:
    """What was done to the card at the issuing desk, once all of it was done."""
    titles = (
        _("鍵 3 本をカードの中で生成し、カードが持つことを確認"),
        _("証明書 3 枚を記録してから署名"),
        _("カードへ書き込み、読み戻して照合"),
        _("暗証番号を設定し、カードを封じました"),
    )
    return [Step(title, Progress.DONE, card.issued_at) for title in titles]
