"""Member of the association or not: decides fees, the face of the card and the statistics."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class MemberKind(models.TextChoices):
    MEMBER = "member", _("日医会員")
    NON_MEMBER = "non-member", _("非会員")
