"""Blank cards and what became of each, batches of cards being made, and the times in which cards are short."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class StockDelivery(models.Model):
    """One delivery of blank cards, as its note says.  The first one begins the bookkeeping."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    note = models.CharField(max_length=40, unique=True)
    layout = models.CharField(max_length=16)
    first_serial = models.CharField(max_length=32)
    last_serial = models.CharField(max_length=32)
    count = models.PositiveIntegerField()
    received_on = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=64)


class BlankCard(models.Model):
    """One piece of plastic with its chip, from the delivery to the shredder or to a holder."""

    class State(models.TextChoices):
        IN_STOCK = "in-stock", _("在庫")
        USED = "used", _("使用")
        SCRAPPED = "scrapped", _("不良（保管中）")
        RETURNED = "returned", _("返品")
        DESTROYED = "destroyed", _("破砕済み")

    chip_serial = models.CharField(max_length=32, primary_key=True)
    delivery = models.ForeignKey(StockDelivery, on_delete=models.PROTECT, related_name="blanks")
    layout = models.CharField(max_length=16)
    state = models.CharField(max_length=16, choices=State.choices, default=State.IN_STOCK)
    state_since = models.DateTimeField()
    # The card that was made, or begun, on it.
    card = models.OneToOneField(
        "authority.Card", on_delete=models.PROTECT, null=True, blank=True, related_name="blank"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["in-stock", "used", "scrapped", "returned", "destroyed"]),
                name="blank_state_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="used") | models.Q(card__isnull=False), name="blank_used_by_a_card"
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["in-stock", "returned"]) | models.Q(card__isnull=True),
                name="blank_in_stock_is_free",
            ),
        ]
        indexes = [models.Index(fields=["state", "layout", "chip_serial"], name="blank_next")]


class StockMovement(models.Model):
    """One line of the stock's book; only ever added to.  The sum of the lines is what lies there."""

    class Kind(models.TextChoices):
        RECEIVE = "receive", _("入庫")
        USE = "use", _("使用")
        SCRAP = "scrap", _("不良")
        RETURN = "return", _("返品")
        DESTROY = "destroy", _("破砕")

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    # States of BlankCard; "" = from outside.
    from_state = models.CharField(max_length=16, blank=True)
    to_state = models.CharField(max_length=16)
    count = models.PositiveIntegerField()
    delivery = models.ForeignKey(StockDelivery, on_delete=models.PROTECT, null=True, related_name="+")
    blank = models.ForeignKey(BlankCard, on_delete=models.PROTECT, null=True, related_name="movements")
    card = models.ForeignKey("authority.Card", on_delete=models.PROTECT, null=True, related_name="+")
    # A short word, e.g. "chip-defect".
    reason = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["kind", "at"], name="stock_movement_kind_at")]


class ProductionBatch(models.Model):
    """Ordered cards that are made in one go, and the count at its end."""

    class State(models.TextChoices):
        PLANNED = "planned", _("計画済み")
        PRODUCING = "producing", _("製造中")
        RECONCILED = "reconciled", _("照合済み")
        CLOSED = "closed", _("完了")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # year-sequence, e.g. "2026-0007".
    number = models.CharField(max_length=16, unique=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.PLANNED)
    # How its cards were chosen, in words for people.
    chosen = models.CharField(max_length=200, blank=True)
    ordered = models.PositiveIntegerField()
    planned_at = models.DateTimeField()
    planned_by = models.UUIDField()
    # Who pressed the button last; cards are made in this officer's name.
    started_at = models.DateTimeField(null=True)
    started_by = models.UUIDField(null=True)
    # Code of what stopped the run; "" = it goes on.
    obstacle = models.CharField(max_length=40, blank=True)
    # The plastic as counted by hand.
    counted_good = models.PositiveIntegerField(null=True)
    counted_scrapped = models.PositiveIntegerField(null=True)
    counted_at = models.DateTimeField(null=True)
    counted_by = models.UUIDField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["planned", "producing", "reconciled", "closed"]),
                name="batch_state_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=["reconciled", "closed"])
                | models.Q(counted_by__isnull=False, counted_good__isnull=False),
                name="batch_counted_before_closed",
            ),
            # Whoever counted does not close.
            models.CheckConstraint(
                condition=models.Q(closed_by__isnull=True) | ~models.Q(closed_by=models.F("counted_by")),
                name="batch_closed_by_another",
            ),
        ]
        indexes = [models.Index(fields=["state", "planned_at"], name="batch_state_planned")]


class BatchItem(models.Model):
    """One card of a batch and what became of it there."""

    class State(models.TextChoices):
        WAITING = "waiting", _("製造待ち")
        PERSONALISED = "personalised", _("製造済み")
        SCRAPPED = "scrapped", _("廃棄")
        MOVED_OUT = "moved-out", _("バッチから除外")

    id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey(ProductionBatch, on_delete=models.PROTECT, related_name="items")
    card = models.ForeignKey("authority.Card", on_delete=models.PROTECT, related_name="batch_items")
    position = models.PositiveIntegerField()
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    reason = models.CharField(max_length=40, blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "position"], name="batch_position_once"),
            # A card is made in one batch only, unless it was taken out of an earlier one.
            models.UniqueConstraint(
                fields=["card"], condition=~models.Q(state="moved-out"), name="batch_card_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "personalised", "scrapped", "moved-out"]),
                name="batch_item_state_known",
            ),
        ]
        indexes = [models.Index(fields=["batch", "state", "position"], name="batch_item_next")]


class BatchEvent(models.Model):
    """One line of a batch's run log."""

    id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey(ProductionBatch, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    # Codes of production_words.EVENTS.
    what = models.CharField(max_length=20)
    card = models.ForeignKey("authority.Card", on_delete=models.PROTECT, null=True, related_name="+")
    # A code, a chip's serial or a number; no personal data.
    detail = models.CharField(max_length=60, blank=True)
    by = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["batch", "id"], name="batch_event_batch")]


class BatchSequence(models.Model):
    """The last batch number of a year."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)


class ShortagePeriod(models.Model):
    """Cards are short: certificates for remote use come first.  Begun by two officers."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    from_at = models.DateTimeField()
    # The last day, in Japan's calendar.
    until_on = models.DateField()
    proposed_by = models.UUIDField()
    confirmed_by = models.UUIDField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(proposed_by=models.F("confirmed_by")), name="shortage_by_two"
            ),
        ]


class RemoteKey(models.Model):
    """A holder's key that the service keeps; certified, and not usable before remote signing comes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    card = models.ForeignKey("authority.Card", on_delete=models.PROTECT, related_name="remote_keys")
    profile = models.CharField(max_length=32)
    # PKCS #8, sealed with the purpose that names card and profile.
    sealed = models.BinaryField()
    public_key_sha256 = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    # Emptied when its certificate ended.
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["card", "profile"], name="remote_key_once")]
