"""Letters that were printed many at once, and the reminders of those who have not fetched their card."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from hpki_server.enrollment.models.application import Application
from hpki_server.people.models import Account


class LetterRun(models.Model):
    """One print run: letters of one kind, so a postcard and a PIN letter never lie in one tray."""

    class Kind(models.TextChoices):
        POSTCARD = "postcard", _("通知ハガキ")
        PIN_LETTER = "pin-letter", _("暗証番号通知書")
        REMINDER = "reminder", _("受取のお願い")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    count = models.PositiveIntegerField()
    made_at = models.DateTimeField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["postcard", "pin-letter", "reminder"]),
                name="letter_run_kind_known",
            ),
        ]
        indexes = [models.Index(fields=["-made_at"], name="letter_run_newest")]


class LetterInRun(models.Model):
    """Whose letter was in a run."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(LetterRun, on_delete=models.CASCADE, related_name="letters")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="letters")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "application"], name="letter_once_in_a_run"),
        ]


class PickupReminder(models.Model):
    """A card was not fetched so many days after its holder was told."""

    id = models.BigAutoField(primary_key=True)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="reminders")
    # The notification that it follows; a card that was sent again is waited for anew.
    notified_at = models.DateTimeField()
    after_days = models.PositiveSmallIntegerField()
    due_on = models.DateField()
    made_at = models.DateTimeField()
    printed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "notified_at", "after_days"], name="pickup_reminder_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_on"], condition=models.Q(printed_at__isnull=True), name="pickup_reminder_open"
            ),
        ]
