"""資格管理簿: the state's record of one qualification of one person, the names of that person, and what was decided on them."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from hpki_server.registry.decision_rules import DecisionState, Outcome, Reason
from hpki_server.registry.dispositions import DispositionKind, InForce
from hpki_server.registry.exchange_words import Answer


class RegistryEntry(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # A code of hpki.certs.qualifications.
    qualification = models.CharField(max_length=40)
    # 登録番号: digits without leading zeros.
    number = models.CharField(max_length=12)
    # The present 戸籍名 with its glyphs as they were given: selectors and MJ references stay.
    family_name = models.CharField(max_length=60)
    given_name = models.CharField(max_length=60)
    kana = models.CharField(max_length=120, blank=True)
    # Since when it is the name, and what says so; an earlier one is a row of PersonName.
    named_on = models.DateField(null=True)
    name_source = models.CharField(max_length=120, blank=True)
    born_on = models.DateField()
    registered_on = models.DateField()
    imported_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["qualification", "number"], name="registry_entry_number"),
            models.CheckConstraint(
                condition=models.Q(registered_on__gt=models.F("born_on")), name="registry_entry_born_first"
            ),
        ]


class Disposition(models.Model):
    """What was decided about one registration, with or without an entry or a card of it here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    qualification = models.CharField(max_length=40)
    number = models.CharField(max_length=12)
    kind = models.CharField(max_length=20, choices=[(one.value, one.value) for one in DispositionKind])
    from_on = models.DateField()
    # The last day; None: it does not end.
    until_on = models.DateField(null=True)
    # When the cards of the registration followed; None before its first day.
    begun_at = models.DateTimeField(null=True)
    # Taken back before it began: it bars nothing.
    withdrawn_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=36)
    # One officer has said so: it bars and holds, and ends nothing before a second one confirms it.
    awaits_second = models.BooleanField(default=False)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.CharField(max_length=36, blank=True)
    note = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["qualification", "number", "kind", "from_on"],
                condition=models.Q(withdrawn_at__isnull=True),
                name="disposition_once",
            ),
            models.CheckConstraint(
                condition=models.Q(withdrawn_at__isnull=True) | models.Q(begun_at__isnull=True),
                name="disposition_withdrawn_before_it_began",
            ),
            models.CheckConstraint(
                condition=models.Q(awaits_second=False)
                | models.Q(begun_at__isnull=True, confirmed_at__isnull=True),
                name="disposition_confirmed_before_it_began",
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_by="") | ~models.Q(confirmed_by=models.F("recorded_by")),
                name="disposition_two_officers",
            ),
            models.CheckConstraint(
                condition=models.Q(until_on__isnull=True) | models.Q(until_on__gte=models.F("from_on")),
                name="disposition_period",
            ),
        ]
        indexes = [
            models.Index(
                fields=["from_on"],
                condition=models.Q(begun_at__isnull=True, withdrawn_at__isnull=True),
                name="disposition_to_begin",
            )
        ]

    @property
    def in_force(self) -> InForce:
        return InForce(self.from_on, self.until_on)


class NameKind(models.TextChoices):
    LEGAL = "legal", _("戸籍名")
    FORMER = "former", _("旧姓")
    ALIAS = "alias", _("通称")
    KANA = "kana", _("カナ")
    ROMAJI = "romaji", _("ローマ字")


class PersonName(models.Model):
    """A name beside the present one: an earlier 戸籍名, a 旧姓 or 通称, a reading; with its period and its source."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    entry = models.ForeignKey(RegistryEntry, on_delete=models.CASCADE, related_name="names")
    kind = models.CharField(max_length=8, choices=NameKind.choices)
    # Glyphs as given.  A 旧姓 may stand without a given name: the given name stays.
    family_name = models.CharField(max_length=120)
    given_name = models.CharField(max_length=60, blank=True)
    from_on = models.DateField(null=True)
    to_on = models.DateField(null=True)
    # The paper or file that says so, e.g. "戸籍抄本 2019-05-07 交付", "取込ファイル 3f2a… 12 行目".
    source = models.CharField(max_length=120)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=36)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "kind", "family_name", "given_name"], name="person_name_once"
            ),
            models.CheckConstraint(
                condition=models.Q(from_on__isnull=True)
                | models.Q(to_on__isnull=True)
                | models.Q(from_on__lte=models.F("to_on")),
                name="person_name_period",
            ),
        ]


class NameKey(models.Model):
    """What a name is found by; made by registry.names.folding, shown to nobody, made anew by `registry rekey`."""

    id = models.BigAutoField(primary_key=True)
    # UTF-8, so both databases order it by code point whatever their language.
    key = models.BinaryField()
    born_on = models.DateField()
    entry = models.ForeignKey(RegistryEntry, on_delete=models.CASCADE, related_name="keys")
    kind = models.CharField(max_length=8, choices=NameKind.choices)
    # None: the entry's own name or kana.
    name = models.ForeignKey(PersonName, on_delete=models.CASCADE, null=True, db_index=False)

    class Meta:
        indexes = [models.Index(fields=["key", "born_on", "entry"], name="registry_name_key")]


class MatchDecision(models.Model):
    """Two officers' judgement on an answer of the registry that is not a plain match."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The application's number.
    reference = models.CharField(max_length=40)
    # Whose application it is and who typed it from paper: they decide nothing here.
    concerns = models.UUIDField(null=True)
    entered_by = models.UUIDField(null=True)
    entry = models.ForeignKey(RegistryEntry, on_delete=models.PROTECT, null=True, related_name="decisions")
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    reason = models.CharField(max_length=24, choices=Reason.choices)
    note = models.CharField(max_length=400, blank=True)
    # Of claim and entry as both officers saw them; a change of either ends the decision.
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=DecisionState.choices)
    decided_by = models.UUIDField()
    decided_at = models.DateTimeField()
    confirmed_by = models.UUIDField(null=True)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(confirmed_by__isnull=True)
                | ~models.Q(confirmed_by=models.F("decided_by")),
                name="match_decision_four_eyes",
            ),
            models.CheckConstraint(
                condition=(models.Q(concerns__isnull=True) | ~models.Q(decided_by=models.F("concerns")))
                & (models.Q(entered_by__isnull=True) | ~models.Q(decided_by=models.F("entered_by"))),
                name="match_decision_by_others",
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_by__isnull=True)
                | (
                    (models.Q(concerns__isnull=True) | ~models.Q(confirmed_by=models.F("concerns")))
                    & (models.Q(entered_by__isnull=True) | ~models.Q(confirmed_by=models.F("entered_by")))
                ),
                name="match_decision_confirmed_by_others",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=[DecisionState.PROPOSED.value, DecisionState.WITHDRAWN.value])
                | models.Q(confirmed_by__isnull=False),
                name="match_decision_seen_twice",
            ),
            models.CheckConstraint(
                condition=models.Q(outcome=Outcome.OTHER_PERSON.value) | models.Q(entry__isnull=False),
                name="match_decision_names_its_entry",
            ),
            models.UniqueConstraint(
                fields=["reference"],
                condition=models.Q(state=DecisionState.PROPOSED.value),
                name="match_decision_one_open",
            ),
        ]
        indexes = [models.Index(fields=["reference", "decided_at"], name="match_decision_reference")]


class MatchBatch(models.Model):
    """One file of match requests that went to the ministry."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Counts up without a gap; stands in the file's name and heading.
    sequence = models.PositiveIntegerField(unique=True)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=36)
    # Of the canonical UTF-8 rows: the same whichever encoding the file was written in.
    checksum = models.CharField(max_length=64)
    acknowledged_at = models.DateTimeField(null=True)
    receipt = models.CharField(max_length=60, blank=True)


class MatchRequest(models.Model):
    """One row of a batch: what was asked, as it was asked, and what came back."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    batch = models.ForeignKey(MatchBatch, on_delete=models.PROTECT, related_name="requests")
    line = models.PositiveIntegerField()
    reference = models.CharField(max_length=40)
    qualification = models.CharField(max_length=40)
    number = models.CharField(max_length=12)
    family_name = models.CharField(max_length=60)
    given_name = models.CharField(max_length=60)
    born_on = models.DateField()
    registered_on = models.DateField()
    answer = models.CharField(max_length=16, choices=Answer.choices, blank=True)
    answer_note = models.CharField(max_length=200, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "line"], name="match_request_line"),
            models.UniqueConstraint(fields=["batch", "reference"], name="match_request_once"),
        ]
        indexes = [models.Index(fields=["reference"], name="match_request_reference")]
