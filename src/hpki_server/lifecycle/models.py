"""What happens to a card after it was made: its real end, the cases of its life, what we wrote about it, exchanges."""

import datetime as dt
import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from hpki.keys.algorithms import KeyAlgorithm
from hpki_server.authority.models import Card
from hpki_server.enrollment.models import Application, StateChange
from hpki_server.lifecycle.events import EventRule, LetterKind, LifeEvent, LifePaper, event_rule
from hpki_server.lifecycle.expiry import EffectiveExpiry, Limit
from hpki_server.lifecycle.notice_rules import Channel
from hpki_server.lifecycle.rules import ENDED, OPEN, CaseFacts, CaseState
from hpki_server.people.models import Account, Organisation

ALGORITHM_CHOICES = [(one.value, one.value.upper()) for one in KeyAlgorithm]


class CardTerm(models.Model):
    """The end of one card, worked out once from its certificates so that lists of thousands are one query."""

    card = models.OneToOneField(Card, on_delete=models.CASCADE, related_name="term", primary_key=True)
    # What card, certificates and issuers say themselves; sunsets change later and are laid over it.
    natural_on = models.DateField()
    natural_limit = models.CharField(max_length=16, choices=[(one.value, one.label) for one in Limit])
    # Of all keys that count, in order, with a space between; "" for a card without certificates with us.
    algorithms = models.CharField(max_length=120, blank=True)
    effective_on = models.DateField()
    limit = models.CharField(max_length=16, choices=[(one.value, one.label) for one in Limit])
    limit_algorithm = models.CharField(max_length=16, blank=True)
    reckoned_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["effective_on"], name="card_term_end"),
            models.Index(fields=["algorithms", "natural_on"], name="card_term_algorithms"),
        ]

    @property
    def expiry(self) -> EffectiveExpiry:
        algorithm = KeyAlgorithm(self.limit_algorithm) if self.limit_algorithm else None
        return EffectiveExpiry(self.effective_on, Limit(self.limit), algorithm)


class LifeCase(models.Model):
    """One event in the life of one card, from the report to its end."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    card = models.ForeignKey(Card, on_delete=models.PROTECT, related_name="life_cases")
    # Where the card belongs; its desk may look and act.
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    event = models.CharField(max_length=24, choices=[(one.value, one.label) for one in LifeEvent])
    state = models.CharField(max_length=16, choices=[(one.value, one.label) for one in CaseState])
    opened_at = models.DateTimeField()
    # The day whose rule counts.
    opened_on = models.DateField()
    # Codes of LifePaper that are still awaited, and until when.
    papers_missing = models.JSONField(default=list)
    due_on = models.DateField(null=True)
    # A decision of the register that begins later, and how long it lasts.
    planned_on = models.DateField(null=True)
    until_on = models.DateField(null=True)
    # The application that brings the new card.
    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, null=True, related_name="life_cases"
    )
    is_replaced = models.BooleanField(default=False)
    held_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=[one.value for one in CaseState]), name="life_case_state_known"
            ),
            models.UniqueConstraint(
                fields=["card", "event"],
                condition=models.Q(state__in=[one.value for one in sorted(OPEN)]),
                name="life_case_open_once",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=[one.value for one in sorted(ENDED)])
                | models.Q(closed_at__isnull=False),
                name="life_case_ended_has_moment",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="held") | models.Q(held_at__isnull=False, ended_at__isnull=True),
                name="life_case_held_is_not_ended",
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "state", "opened_at"], name="life_case_desk"),
            models.Index(fields=["event", "state", "due_on"], name="life_case_due"),
        ]

    @property
    def rule(self) -> EventRule:
        return event_rule(LifeEvent(self.event), on=self.opened_on)

    @property
    def event_word(self) -> str:
        return str(LifeEvent(self.event).label)

    @property
    def state_word(self) -> str:
        return str(CaseState(self.state).label)

    @property
    def is_open(self) -> bool:
        return CaseState(self.state) in OPEN

    @property
    def awaited(self) -> list[LifePaper]:
        return [LifePaper(code) for code in self.papers_missing]

    def facts(self) -> CaseFacts:
        return CaseFacts(
            rule=self.rule,
            state=CaseState(self.state) if self.state else None,
            papers_missing=frozenset(self.awaited),
            due_on=self.due_on,
            has_application=self.application_id is not None,
            is_replaced=self.is_replaced,
        )


class LifeStep(models.Model):
    """One step of one case: what, when, by whom and as whom."""

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(LifeCase, on_delete=models.PROTECT, related_name="steps")
    step = models.CharField(max_length=16)
    from_state = models.CharField(max_length=16, blank=True)
    to_state = models.CharField(max_length=16)
    at = models.DateTimeField()
    # Null: the server itself.
    by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    as_whom = models.CharField(max_length=16)
    papers = models.JSONField(default=list)
    note = models.CharField(max_length=400, blank=True)

    class Meta:
        indexes = [models.Index(fields=["case", "at"], name="life_step_case")]


class Notice(models.Model):
    """One thing that we tell a holder by one channel, once.

    A notice on the page is there from the moment it is made; a mail or a letter waits until it is sent.
    """

    id = models.BigAutoField(primary_key=True)
    card = models.ForeignKey(Card, on_delete=models.PROTECT, related_name="notices")
    case = models.ForeignKey(LifeCase, on_delete=models.PROTECT, null=True, related_name="notices")
    kind = models.CharField(max_length=24, choices=[(one.value, one.label) for one in LetterKind])
    # Which of the same kind: an end and the days before it, a case, a campaign's wave.
    occasion = models.CharField(max_length=64)
    channel = models.CharField(max_length=8, choices=[(one.value, one.value) for one in Channel])
    # The day the notice speaks of: an end, a deadline; null where there is none.
    ends_on = models.DateField(null=True)
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["card", "kind", "occasion", "channel"], name="notice_once"),
        ]
        indexes = [
            models.Index(
                fields=["channel", "made_at"], condition=models.Q(sent_at__isnull=True), name="notice_waiting"
            ),
        ]

    @property
    def kind_word(self) -> str:
        return str(LetterKind(self.kind).label)


class Campaign(models.Model):
    """A mass exchange: an algorithm ends on a day, and every card that leans on it is replaced before."""

    class State(models.TextChoices):
        OPEN = "open", _("実施中")
        CLOSED = "closed", _("終了")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    algorithm = models.CharField(max_length=16, choices=ALGORITHM_CHOICES)
    last_day = models.DateField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    announced_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["algorithm"], condition=models.Q(state="open"), name="campaign_one_open"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "closed"]), name="campaign_state_known"
            ),
        ]


class Wave(models.Model):
    """The cards of some prefectures, asked to come in one month."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="waves")
    number = models.PositiveSmallIntegerField()
    # The first day of its month.
    month = models.DateField()
    # How many cards of which prefecture (JIS X 0401, two digits).
    shares = models.JSONField(default=dict)
    cards = models.PositiveIntegerField(default=0)
    noticed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "number"], name="wave_number_once")]


def occasion_of(ends_on: dt.date, days_before: int) -> str:
    """How the notice of an end is told apart: 「2031-11-03 -90」."""
    return f"{ends_on.isoformat()} -{days_before}"


class Call(models.Model):
    """One step of an application of which its applicant was told by mail, or which needed no mail."""

    change = models.OneToOneField(StateChange, on_delete=models.CASCADE, related_name="call")
    # Null where it was nobody's turn.
    called_at = models.DateTimeField(null=True)


class PasswordWish(models.Model):
    """Somebody asked for a new password; null where what was told fits no account.  Gone once it is answered."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, null=True, related_name="password_wishes")
    asked_at = models.DateTimeField()
