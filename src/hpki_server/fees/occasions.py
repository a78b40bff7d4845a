"""What a fee is asked for, and in which words."""

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class FeeOccasion(StrEnum):
    """The kinds of cases of an enrollment, and the year that passes."""

    FIRST = "first"
    RENEWAL = "renewal"
    REISSUE_LOSS = "reissue-loss"
    REISSUE_DAMAGE = "reissue-damage"
    NAME_CHANGE = "name-change"
    MEMBER_CHANGE = "member-change"
    EMERGENCY = "emergency"
    YEARLY = "yearly"

    @property
    def label(self) -> Promise:
        return _OCCASIONS[self]


class FeeItem(StrEnum):
    """One line of an invoice."""

    ISSUE = "issue"
    RENEWAL = "renewal"
    REISSUE = "reissue"
    YEAR = "year"

    @property
    def label(self) -> Promise:
        return _ITEMS[self]


class Demanded(StrEnum):
    """When a fee has to be there."""

    BEFORE_ISSUE = "before-issue"
    AFTERWARDS = "afterwards"


_OCCASIONS: dict[FeeOccasion, Promise] = {
    FeeOccasion.FIRST: _("初回発行"),
    FeeOccasion.RENEWAL: _("更新"),
    FeeOccasion.REISSUE_LOSS: _("紛失による再発行"),
    FeeOccasion.REISSUE_DAMAGE: _("破損による再発行"),
    FeeOccasion.NAME_CHANGE: _("姓名変更による再発行"),
    FeeOccasion.MEMBER_CHANGE: _("会員種別の変更による再発行"),
    FeeOccasion.EMERGENCY: _("緊急発行"),
    FeeOccasion.YEARLY: _("年間利用料"),
}
_ITEMS: dict[FeeItem, Promise] = {
    FeeItem.ISSUE: _("医師資格証 発行手数料"),
    FeeItem.RENEWAL: _("医師資格証 更新手数料"),
    FeeItem.REISSUE: _("医師資格証 再発行手数料"),
    FeeItem.YEAR: _("医師資格証 年間利用料（1年分）"),
}
