"""What an officer may do, one word per duty.  A duty always belongs to an organisation."""

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Duty(StrEnum):
    INTAKE = "intake"
    VETTING = "vetting"
    APPROVAL = "approval"
    ISSUING = "issuing"
    PICKUP = "pickup"
    REVOKING = "revoking"
    HOLDING = "holding"
    REGISTRY = "registry"
    CASHIER = "cashier"
    AUDIT = "audit"
    ACCOUNTS = "accounts"

    @property
    def label(self) -> Promise:
        """The duty's name on pages."""
        return _LABELS[self]


_LABELS: dict[Duty, Promise] = {
    Duty.INTAKE: _("受付"),
    Duty.VETTING: _("審査"),
    Duty.APPROVAL: _("承認"),
    Duty.ISSUING: _("発行"),
    Duty.PICKUP: _("交付"),
    Duty.REVOKING: _("失効"),
    Duty.HOLDING: _("一時停止と再開"),
    Duty.REGISTRY: _("資格管理簿の取込"),
    Duty.CASHIER: _("会計"),
    Duty.AUDIT: _("監査"),
    Duty.ACCOUNTS: _("権限の付与"),
}

# They work on cases, cards, money and registrations of everybody, wherever the person belongs.
OF_THE_CENTRE = frozenset({Duty.VETTING, Duty.APPROVAL, Duty.ISSUING, Duty.REGISTRY, Duty.CASHIER})
DUTY_CHOICES = [(duty.value, label) for duty, label in _LABELS.items()]
