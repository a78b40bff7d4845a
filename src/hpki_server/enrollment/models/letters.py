"""Letters that were printed many at once, and the reminders of those who have not fetched their card."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from hpki_server.authority.models import Card
from hpki_server.enrollment.models.application import Application
from hpki_server.enrollment.rules import Letter
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


class LetterPosting(models.Model):
    """A postcard or PIN letter went into the letter box on a day; of one card, for a spoilt card's letters count no more.

    A row is never changed: a correction ends it, and begins another where the letter was posted after all.
    """

    class Kind(models.TextChoices):
        POSTCARD = Letter.POSTCARD.value, _("通知ハガキ")
        PIN_LETTER = Letter.PIN_LETTER.value, _("暗証番号通知書")

    class Reason(models.TextChoices):
        WRONG_DAY = "wrong-day", _("日付の誤り")
        NOT_POSTED = "not-posted", _("投函していなかった")
        WRONG_LETTER = "wrong-letter", _("別の方の郵便物だった")

    id = models.BigAutoField(primary_key=True)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="postings")
    card = models.ForeignKey(Card, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    posted_on = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    ended_reason = models.CharField(max_length=16, choices=Reason.choices, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["postcard", "pin-letter"]), name="letter_posting_kind_known"
            ),
            models.UniqueConstraint(
                fields=["card", "kind"],
                condition=models.Q(ended_at__isnull=True),
                name="letter_posting_one_that_counts",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True, ended_by__isnull=True, ended_reason="")
                | (models.Q(ended_at__isnull=False, ended_by__isnull=False) & ~models.Q(ended_reason="")),
                name="letter_posting_ended_wholly",
            ),
        ]
        indexes = [models.Index(fields=["-posted_on", "kind"], name="letter_posting_newest")]


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
