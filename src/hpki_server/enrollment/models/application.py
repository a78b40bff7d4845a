"""Applications, what was handed in with them, and their history: tables and the constraints of one row."""

import datetime as dt
import uuid
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.timezone import localdate

from hpki_server.authority.models import Card
from hpki_server.enrollment.models.words import CASE_WORDS, FACE_NAME_WORDS, PART_WORDS, STATE_WORDS, Sex
from hpki_server.enrollment.rules import (
    CLOSED,
    ApplicationFacts,
    CaseKind,
    FaceName,
    IdentityKind,
    Letter,
    Part,
    ReturnReason,
    State,
    originals_anew,
    parts_of,
)
from hpki_server.fees import queries as fees
from hpki_server.fees.occasions import FeeOccasion
from hpki_server.people.member_kind import MemberKind
from hpki_server.people.models import Account, Organisation
from hpki_server.registry import queries as registry
from hpki_server.registry.dispositions import InForce
from hpki_server.registry.models import RegistryEntry

# As enrollment.queries.QUALIFICATION: the only one that is applied for here.
QUALIFICATION = "physician"
WITH_CARD = (State.ISSUED, State.NOTIFIED, State.ACTIVE, State.BROUGHT_BACK, State.NOT_FETCHED)
# Where the next step is one that a disposition bars.
BEFORE_BARRED_STEP = frozenset({State.TAKEN_IN, State.VETTED, State.APPROVED, State.ORDERED, State.NOTIFIED})
# What a change of name changes: the kana are printed nowhere.
NAMES_ON_CARD = ("family_name", "given_name", "family_romaji", "given_romaji", "beside_name")
AFTER_APPROVAL = (State.APPROVED, State.ORDERED, *WITH_CARD)


def _day(at: dt.datetime | None) -> dt.date | None:
    """The day in Japan."""
    return None if at is None else timezone.localtime(at, ZoneInfo(settings.TIME_ZONE)).date()


class Application(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # prefecture-year-sequence, given when it is handed in first.
    number = models.CharField(max_length=16, unique=True, null=True)  # noqa: DJ001 - "" would not be unique
    kind = models.CharField(
        max_length=16, choices=[(k.value, w) for k, w in CASE_WORDS.items()], default=CaseKind.FIRST.value
    )
    # The card that the new one takes the place of; it is stopped when the new one is handed over.
    replaces = models.ForeignKey(Card, on_delete=models.PROTECT, null=True, related_name="replacements")
    # None: it came on paper, and the person has no account here.
    applicant = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="applications")
    # The desk officer who typed what stands on paper, and for which desk.
    entered_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    entry_desk = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+")
    # The code of the printed sheet, as scanned_codes.read_form_code gives it.
    form_code = models.CharField(max_length=16, unique=True, null=True)  # noqa: DJ001 - "" would not be unique
    state = models.CharField(max_length=16, choices=[(s.value, w) for s, w in STATE_WORDS.items()])
    state_since = models.DateTimeField()
    # What the applicant typed, as typed; survives a logout and any mistake.
    typed = models.JSONField(default=dict)
    # The columns below say what was typed last; not so while something typed is still wrong.
    entries_complete = models.BooleanField(default=False)

    association = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+")
    family_name = models.CharField(max_length=60, blank=True)
    given_name = models.CharField(max_length=60, blank=True)
    family_kana = models.CharField(max_length=60, blank=True)
    given_kana = models.CharField(max_length=60, blank=True)
    family_romaji = models.CharField(max_length=60, blank=True)
    given_romaji = models.CharField(max_length=60, blank=True)
    # 旧姓 is a family name; 通名 a whole name.  Glyphs as given, like the legal name.
    former_family_name = models.CharField(max_length=60, blank=True)
    former_family_kana = models.CharField(max_length=60, blank=True)
    former_family_romaji = models.CharField(max_length=60, blank=True)
    former_name_on_paper = models.BooleanField(default=False)
    alias_family_name = models.CharField(max_length=60, blank=True)
    alias_given_name = models.CharField(max_length=60, blank=True)
    alias_family_kana = models.CharField(max_length=60, blank=True)
    alias_given_kana = models.CharField(max_length=60, blank=True)
    alias_family_romaji = models.CharField(max_length=60, blank=True)
    alias_given_romaji = models.CharField(max_length=60, blank=True)
    special_permanent_resident = models.BooleanField(default=False)
    face_name = models.CharField(
        max_length=12,
        choices=[(n.value, w) for n, w in FACE_NAME_WORDS.items()],
        default=FaceName.LEGAL.value,
    )
    born_on = models.DateField(null=True)
    sex = models.CharField(max_length=8, choices=Sex.choices, blank=True)
    registration_number = models.CharField(max_length=8, blank=True)
    registered_on = models.DateField(null=True)
    member_kind = models.CharField(max_length=16, choices=MemberKind.choices, blank=True)
    member_id = models.CharField(max_length=10, blank=True)
    postal_code = models.CharField(max_length=8, blank=True)
    address = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    email = models.CharField(max_length=254, blank=True)
    identity_kind = models.CharField(max_length=20, blank=True)
    identity_expires_on = models.DateField(null=True)
    identity_issued_on = models.DateField(null=True)

    submitted_at = models.DateTimeField(null=True)
    taken_in_at = models.DateTimeField(null=True)
    shown_identity_kind = models.CharField(max_length=20, blank=True)
    vetted_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    registry_entry = models.ForeignKey(RegistryEntry, on_delete=models.PROTECT, null=True, related_name="+")
    approved_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    card = models.OneToOneField(Card, on_delete=models.PROTECT, null=True, related_name="application")
    postcard_printed_at = models.DateTimeField(null=True)
    pin_letter_printed_at = models.DateTimeField(null=True)
    # Closed for so long that what was entered is gone.
    minimised_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(approved_by__isnull=True)
                | (models.Q(vetted_by__isnull=False) & ~models.Q(approved_by=models.F("vetted_by"))),
                name="application_four_eyes",
            ),
            models.CheckConstraint(
                condition=~models.Q(approved_by=models.F("applicant"))
                & ~models.Q(vetted_by=models.F("applicant")),
                name="application_not_by_applicant",
            ),
            models.CheckConstraint(
                condition=models.Q(applicant__isnull=False)
                | (models.Q(entered_by__isnull=False) & models.Q(entry_desk__isnull=False)),
                name="application_by_somebody",
            ),
            models.CheckConstraint(
                condition=~models.Q(approved_by=models.F("entered_by"))
                & ~models.Q(vetted_by=models.F("entered_by")),
                name="application_not_by_typist",
            ),
            # Mission M3: the 通名 of a special permanent resident, and of nobody else.
            models.CheckConstraint(
                condition=models.Q(special_permanent_resident=True)
                | (models.Q(alias_family_name="") & ~models.Q(face_name=FaceName.WITH_ALIAS.value)),
                name="application_alias_of_resident",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=[State.DRAFT.value, State.WITHDRAWN.value])
                | models.Q(number__isnull=False),
                name="application_numbered",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=[s.value for s in AFTER_APPROVAL])
                | models.Q(approved_by__isnull=False),
                name="application_approved_by_someone",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=[s.value for s in WITH_CARD]) | models.Q(card__isnull=False),
                name="application_has_its_card",
            ),
            models.CheckConstraint(
                condition=models.Q(minimised_at__isnull=True)
                | models.Q(
                    state__in=sorted(s.value for s in CLOSED),
                    family_name="",
                    given_name="",
                    family_kana="",
                    given_kana="",
                    registration_number="",
                    address="",
                    phone="",
                    email="",
                    born_on__isnull=True,
                ),
                name="application_minimised_wholly",
            ),
            models.UniqueConstraint(
                fields=["applicant"],
                condition=~models.Q(state__in=sorted(s.value for s in CLOSED)),
                name="application_one_open_per_applicant",
            ),
        ]
        indexes = [models.Index(fields=["state", "state_since"], name="application_state_since")]

    @property
    def name(self) -> str:
        """The legal name with the space that a card prints between family and given name."""
        return f"{self.family_name}　{self.given_name}".strip("　")

    @property
    def alias(self) -> str:
        return f"{self.alias_family_name}　{self.alias_given_name}".strip("　")

    @property
    def beside_name(self) -> str:
        """What the card prints beside the legal name; empty where nothing is."""
        words = {
            FaceName.LEGAL: "",
            FaceName.WITH_FORMER: f"旧姓 {self.former_family_name}",
            FaceName.WITH_ALIAS: f"通名 {self.alias}",
        }
        return words[FaceName(self.face_name)]

    @property
    def state_word(self) -> str:
        return str(STATE_WORDS[State(self.state)])

    @property
    def fee_day(self) -> dt.date | None:
        """The day whose table of fees counts: that of handing in, which a return does not change."""
        return localdate(self.submitted_at) if self.submitted_at else None

    def _fee_settled(self) -> bool:
        """Asked of the books from the approval to the hand-over: a payment may be taken back."""
        asking = {State.APPROVED, State.ORDERED, State.ISSUED, State.NOTIFIED}
        if self.state not in asking or not self.number or not self.fee_day:
            return False
        kind = MemberKind(self.member_kind)
        return fees.nothing_due(self.number, FeeOccasion(self.kind), kind, self.fee_day)

    def _same_as_card(self) -> bool:
        """Asked while it can still be written otherwise."""
        if self.state not in {State.DRAFT, State.RETURNED} or self.replaces is None:
            return False
        match CaseKind(self.kind):
            case CaseKind.MEMBER_CHANGE:
                return self.member_kind == self.replaces.member_kind
            case CaseKind.NAME_CHANGE:
                return all(getattr(self, one) == getattr(self.replaces, one) for one in NAMES_ON_CARD)
            case _:
                return False

    def _registry_bars(self) -> tuple[InForce, ...]:
        if self.state not in BEFORE_BARRED_STEP:
            return ()
        return registry.bars(QUALIFICATION, self.registration_number, self.registry_entry_id)

    def facts(self) -> ApplicationFacts:
        """The application as the rules see it; the registry's answer is added where it is asked for."""
        last_return = self.changes.filter(to_state=State.RETURNED).order_by("-at", "-id").first()
        reasons = (
            frozenset(ReturnReason(code) for code in last_return.reasons) if last_return else frozenset()
        )
        handed_in = {Part(kind): at for kind, at in self.papers.values_list("kind", "uploaded_at")}
        posted = self.posted_letters()
        return ApplicationFacts(
            state=State(self.state),
            kind=CaseKind(self.kind),
            applicant_id=self.applicant_id,
            entered_by=self.entered_by_id,
            entries_complete=self.entries_complete,
            parts_present=frozenset(handed_in),
            identity_kind=IdentityKind(self.identity_kind) if self.identity_kind else None,
            identity_expires_on=self.identity_expires_on,
            identity_issued_on=self.identity_issued_on,
            face_name=FaceName(self.face_name),
            former_name_on_paper=self.former_name_on_paper,
            has_alias=bool(self.alias_family_name or self.alias_given_name),
            special_permanent_resident=self.special_permanent_resident,
            same_as_card=self._same_as_card(),
            originals_seen=self._originals_seen(reasons, last_return.at if last_return else None),
            taken_in=self.taken_in_at is not None,
            registry_bars=self._registry_bars(),
            fee_settled=self._fee_settled(),
            vetted_by=self.vetted_by_id,
            return_reasons=reasons,
            parts_awaited=frozenset(
                part
                for part in parts_of(reasons)
                if last_return is not None
                and self.state == State.RETURNED
                and part in handed_in
                and handed_in[part] <= last_return.at
            ),
            postcard_printed=self.postcard_printed_at is not None,
            pin_letter_printed=self.pin_letter_printed_at is not None,
            postcard_printed_on=_day(self.postcard_printed_at),
            pin_letter_printed_on=_day(self.pin_letter_printed_at),
            postcard_posted_on=posted.get(Letter.POSTCARD),
            pin_letter_posted_on=posted.get(Letter.PIN_LETTER),
            specimen=self._is_specimen(),
            since=_day(self.state_since),
        )

    def _originals_seen(
        self, reasons: frozenset[ReturnReason], returned_at: dt.datetime | None
    ) -> frozenset[Part]:
        """What a return asks for anew counts only when it was seen after the return."""
        seen = {Part(part): at for part, at in self.originals.values_list("part", "seen_at")}
        anew = originals_anew(reasons)
        return frozenset(
            part for part, at in seen.items() if part not in anew or returned_at is None or at > returned_at
        )

    def posted_letters(self) -> dict[Letter, dt.date]:
        """When the letters of this case's card were posted; the books are asked only while letters travel."""
        if self.card_id is None or self.state not in {State.ISSUED, State.NOTIFIED}:
            return {}
        counts = self.postings.filter(card=self.card_id, ended_at__isnull=True)
        return {Letter(kind): day for kind, day in counts.values_list("kind", "posted_on")}

    @property
    def card_ended(self) -> bool:
        """The card that came of it works no more, whatever the application says of its own way."""
        ended = [Card.State.STOPPED, Card.State.SCRAPPED]
        return self.card_id is not None and Card.objects.filter(id=self.card_id, state__in=ended).exists()

    def _is_specimen(self) -> bool:
        if self.card_id is None:
            return False
        return Card.objects.filter(id=self.card_id, environment="test").exists()


class ApplicationPaper(models.Model):
    """A photo or a copy as handed in: decoded, bounded, made anew where it is an image, and sealed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="papers")
    kind = models.CharField(max_length=16, choices=[(p.value, w) for p, w in PART_WORDS.items()])
    media_type = models.CharField(max_length=32)
    sealed = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    uploaded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "kind"], name="paper_one_of_a_kind")]


class OriginalSeen(models.Model):
    """An original that the desk saw with its own eyes, or was given back; no copy of it is kept."""

    id = models.BigAutoField(primary_key=True)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="originals")
    part = models.CharField(max_length=16, choices=[(p.value, w) for p, w in PART_WORDS.items()])
    # The day that stands on the paper, where it has one.
    issued_on = models.DateField(null=True)
    seen_at = models.DateTimeField()
    seen_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "part"], name="original_seen_once_each")
        ]


class EntryTypist(models.Model):
    """An officer who typed or scanned something in an application on paper; whoever did decides nothing about it."""

    id = models.BigAutoField(primary_key=True)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="typists")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "account"], name="entry_typist_once_each")
        ]


class StateChange(models.Model):
    """One step of one application's history: what, when, by whom, for which organisation."""

    id = models.BigAutoField(primary_key=True)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="changes")
    step = models.CharField(max_length=20)
    from_state = models.CharField(max_length=16, blank=True)
    to_state = models.CharField(max_length=16)
    at = models.DateTimeField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+")
    reasons = models.JSONField(default=list)
    note = models.CharField(max_length=400, blank=True)

    class Meta:
        indexes = [models.Index(fields=["application", "at"], name="state_change_application_at")]

    @property
    def state_word(self) -> str:
        return str(STATE_WORDS[State(self.to_state)])


class NumberSequence(models.Model):
    """The last application number of one prefecture in one year."""

    prefecture = models.CharField(max_length=2)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["prefecture", "year"], name="number_sequence_one_row")]


def number_of(prefecture: str, on: dt.date, sequence: int) -> str:
    """How an application number is written: 33-2026-000001."""
    return f"{prefecture}-{on.year}-{sequence:06d}"
