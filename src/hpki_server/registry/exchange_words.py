"""What the ministry answers to a row of a batch, as code, as page word, and as it stands in the file."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Answer(models.TextChoices):
    AGREES = "agrees", _("登録と一致")
    DIFFERS = "differs", _("登録と相違")
    NOT_FOUND = "not-found", _("該当なし")
    CANNOT_TELL = "cannot-tell", _("照会不能")


# The words in the ministry's file stay Japanese in every language of the page.
ANSWER_IN_FILE = {
    "一致": Answer.AGREES,
    "相違": Answer.DIFFERS,
    "該当なし": Answer.NOT_FOUND,
    "照会不能": Answer.CANNOT_TELL,
}
