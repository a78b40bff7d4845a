"""Why somebody applies: the first card, or one of the cases in the life of a card."""

from enum import StrEnum


class CaseKind(StrEnum):
    FIRST = "first"
    RENEWAL = "renewal"
    REISSUE_LOSS = "reissue-loss"
    REISSUE_DAMAGE = "reissue-damage"
    NAME_CHANGE = "name-change"
    MEMBER_CHANGE = "member-change"
    # M5: application and photo ID only; the other papers follow within six months.
    EMERGENCY = "emergency"
