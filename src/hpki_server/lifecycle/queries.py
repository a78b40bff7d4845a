"""Reads of the life of cards; the viewer first.  What nobody may see is answered like what is not there."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Substr, TruncMonth
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hpki_server.authority.models import Card
from hpki_server.authority.queries import StatusLine, cards_in_reach, status_lines
from hpki_server.enrollment.models import PART_WORDS, Application, ApplicationPaper
from hpki_server.enrollment.queries import QUALIFICATION
from hpki_server.enrollment.rules import ApplicationFacts, CaseKind, Part, State, checklist
from hpki_server.enrollment.services.record import day_of, entry_place
from hpki_server.lifecycle import terms
from hpki_server.lifecycle.events import LetterKind, LifeEvent, LifePaper, term
from hpki_server.lifecycle.expiry import EffectiveExpiry, Limit
from hpki_server.lifecycle.models import Campaign, CardTerm, LifeCase, LifeStep, Notice, Wave
from hpki_server.lifecycle.notice_rules import Channel
from hpki_server.lifecycle.rules import OPEN, CaseState
from hpki_server.lifecycle.services import emergency_papers
from hpki_server.people.duties import Duty
from hpki_server.people.models import Account, AuditLine, Organisation, Proposal
from hpki_server.people.officer import Officer
from hpki_server.people.pieces import Chip, Tone
from hpki_server.people.queries import at_centre, centre_ids
from hpki_server.registry.dispositions import DispositionKind
from hpki_server.registry.matching import number_spellings
from hpki_server.registry.models import Disposition

# Whose pages show the cards of an association, or at the centre all of them.
DESKS: Final = (Duty.INTAKE, Duty.PICKUP, Duty.REVOKING, Duty.HOLDING)
# From here on a new card is on its way and the holder need not be told to ask for one.
UNDER_WAY: Final = (
    State.SUBMITTED,
    State.TAKEN_IN,
    State.VETTED,
    State.APPROVED,
    State.ORDERED,
    State.ISSUED,
    State.NOTIFIED,
)
# From here on a card is shown as ending soon.
LAST_WEEKS: Final = 30
# What an emergency issue owes, as the enrollment's checklist names it: copies, and the original of the 住民票.
PART_OF_PAPER: Final = (
    (Part.LICENCE, LifePaper.LICENCE_COPY),
    (Part.RESIDENCE, LifePaper.RESIDENCE_RECORD),
    (Part.FAMILY_REGISTER, LifePaper.FAMILY_REGISTER),
    (Part.ALIAS_PROOF, LifePaper.ALIAS_PROOF),
)
_DISPOSITION_WORDS: Final = {
    "death": LifeEvent.DEATH_REGISTERED,
    "licence-revoked": LifeEvent.LICENCE_REVOKED,
    "licence-suspended": LifeEvent.LICENCE_SUSPENDED,
}
_OF_DEATH: Final = (LifeEvent.DEATH.value, LifeEvent.DEATH_REGISTERED.value)
# Steps inside the machine that tell a holder nothing.
_NOT_TOLD: Final = ("card:challenge", "card:make-pins", "card:personalise")


# --- a mass exchange ------------------------------------------------------------------------------------------


def affected(campaign: Campaign) -> QuerySet[CardTerm]:
    """Cards in use that lean on the algorithm beyond its last day and are not replaced yet."""
    used = CardTerm.objects.order_by().values_list("algorithms", flat=True).distinct()
    leaning = [words for words in used if campaign.algorithm in words.split()]
    living = CardTerm.objects.filter(card__state__in=[Card.State.ISSUED, Card.State.ACTIVE])
    return living.filter(algorithms__in=leaning, natural_on__gt=campaign.last_day)


def affected_by_prefecture(campaign: Campaign) -> Mapping[str, int]:
    rows = affected(campaign).annotate(prefecture=Substr("card__organisation__code", 1, 2)).order_by()
    return dict(rows.values_list("prefecture").annotate(cards=Count("card_id")).order_by("prefecture"))


def affected_by_month(campaign: Campaign) -> Mapping[dt.date, int]:
    """By the month in which the card would have ended without the sunset."""
    rows = affected(campaign).annotate(month=TruncMonth("natural_on")).order_by()
    return dict(rows.values_list("month").annotate(cards=Count("card_id")).order_by("month"))


def told_by_prefecture(campaign: Campaign) -> Mapping[str, int]:
    """Of the affected cards, those whose holders have been asked to come."""
    told = Notice.objects.filter(
        card=OuterRef("card_id"), kind=LetterKind.EXCHANGE.value, occasion=str(campaign.id)
    )
    rows = affected(campaign).filter(Exists(told))
    rows = rows.annotate(prefecture=Substr("card__organisation__code", 1, 2)).order_by()
    return dict(rows.values_list("prefecture").annotate(cards=Count("card_id")).order_by("prefecture"))


def in_mourning() -> Exists:
    """Of a row with `card_id`: its holder is said to have died, and until that is clear nobody is written to."""
    held = LifeCase.objects.filter(card=OuterRef("card_id"), state=CaseState.HELD.value)
    return Exists(held.filter(event__in=_OF_DEATH))


def death_reported(application: Application) -> bool:
    """Does the register say so, is a card of the registration on hold for a death, or did one end by a death told since?

    Of a death that was told at a desk a later application, of somebody who was taken for dead, goes on; what the register
    was told stands until two officers give it a last day.
    """
    # A draft that replaces a card has no number of its own yet.
    cards = Card.objects.filter(id__in=[one for one in (application.replaces_id, application.card_id) if one])
    written = [application.registration_number, *cards.values_list("registration_number", flat=True)]
    numbers = [spelled for one in written for spelled in number_spellings(one)]
    standing = Disposition.objects.filter(withdrawn_at__isnull=True, until_on__isnull=True)
    of_death = standing.filter(kind=DispositionKind.DEATH.value, qualification=QUALIFICATION)
    if of_death.filter(number__in=numbers).exists():
        return True
    told = LifeCase.objects.filter(
        card__registration_number__in=numbers, card__qualification_code=QUALIFICATION, event__in=_OF_DEATH
    )
    told = told.filter(
        Q(state=CaseState.HELD.value) | Q(event=LifeEvent.DEATH.value, state=CaseState.CLOSED.value)
    )
    for state, opened_at in told.values_list("state", "opened_at"):
        if state == CaseState.HELD:
            return True
        begun = application.changes.order_by("at").values_list("at", flat=True).first()
        if begun is None or begun <= opened_at:
            return True
    return False


def untold_cards(campaign: Campaign, prefecture: str) -> list[UUID]:
    """Of one prefecture, those first that would have lasted longest."""
    told = Notice.objects.filter(
        card=OuterRef("card_id"), kind=LetterKind.EXCHANGE.value, occasion=str(campaign.id)
    )
    rows = affected(campaign).filter(
        ~Exists(told), ~in_mourning(), card__organisation__code__startswith=prefecture
    )
    # Whose new card is on its way has it without being asked; who is suspended cannot have one yet.
    coming = Application.objects.filter(replaces=OuterRef("card_id"), state__in=UNDER_WAY)
    held = LifeCase.objects.filter(card=OuterRef("card_id"), state=CaseState.HELD.value)
    rows = rows.filter(~Exists(coming), ~Exists(held.filter(event=LifeEvent.LICENCE_SUSPENDED.value)))
    return list(rows.order_by("-natural_on", "card_id").values_list("card_id", flat=True))


# --- one card on a page -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CardView:
    """A card as its holder, or a desk, sees it: the end and why, the state in a word, what is open."""

    card: Card
    expiry: EffectiveExpiry
    days_left: int
    chip: Chip
    lines: Sequence[StatusLine]
    cases: Sequence[LifeCase]
    # The papers that an emergency issue still owes.
    emergency: LifeCase | None
    # The application for the card that takes its place.
    coming: Application | None

    @property
    def is_over(self) -> bool:
        return self.card.state in {Card.State.STOPPED, Card.State.SCRAPPED}

    @property
    def has_expired(self) -> bool:
        return self.days_left < 0

    @property
    def is_held(self) -> bool:
        return any(line.row.held_at for line in self.lines)

    @property
    def holds(self) -> Sequence[LifeCase]:
        """The cases for which the card pauses."""
        return [case for case in self.cases if case.state == CaseState.HELD]

    @property
    def waits_for_holder(self) -> bool:
        """The holder looks for the card: nobody else holds it for another reason."""
        return bool(self.holds) and all(case.event == LifeEvent.LOSS for case in self.holds)

    @property
    def ended_at(self) -> dt.datetime | None:
        return max((line.row.revoked_at for line in self.lines if line.row.revoked_at), default=None)


def card_view(card: Card, *, at: dt.datetime) -> CardView:
    end, lines = terms.expiry_of(card), status_lines(card)
    cases = list(card.life_cases.select_related("application").order_by("-opened_at"))
    days_left = (end.on - day_of(at)).days
    coming = card.replacements.exclude(state=State.WITHDRAWN.value).order_by("-state_since").first()
    owing = [one for one in cases if one.event == LifeEvent.EMERGENCY and one.is_open and one.awaited]
    return CardView(
        card=card,
        expiry=end,
        days_left=days_left,
        chip=_chip(card, lines, days_left),
        lines=lines,
        cases=cases,
        emergency=owing[0] if owing else None,
        coming=coming,
    )


def _chip(card: Card, lines: Sequence[StatusLine], days_left: int) -> Chip:
    if card.state in {Card.State.STOPPED, Card.State.SCRAPPED}:
        ended = any(line.row.revoked_at for line in lines)
        return Chip(_("失効済み") if ended else card.get_state_display(), Tone.BAD)
    if any(line.row.held_at for line in lines):
        return Chip(_("一時停止中"), Tone.WARN)
    if card.state != Card.State.ACTIVE:
        return Chip(card.get_state_display(), Tone.KEY)
    if days_left < 0:
        return Chip(_("有効期限切れ"), Tone.BAD)
    if days_left <= LAST_WEEKS:
        return Chip(_("まもなく期限"), Tone.WARN)
    return Chip(_("使えます"), Tone.OK)


# --- the holder -------------------------------------------------------------------------------------------------


def own_cards(viewer: Account) -> QuerySet[Card]:
    """The cards that answered the viewer's applications, the newest first."""
    cards = Card.objects.filter(application__applicant=viewer).exclude(state=Card.State.SCRAPPED)
    return cards.select_related("organisation").defer("photo_sealed").order_by("-ordered_at", "card_id")


def own_card(viewer: Account, card_id: UUID) -> Card:
    """Raises `Card.DoesNotExist` for anybody else's."""
    return own_cards(viewer).get(id=card_id)


def own_case(viewer: Account, case_id: UUID) -> LifeCase:
    """Raises `LifeCase.DoesNotExist` for anybody else's."""
    return LifeCase.objects.select_related("card", "card__organisation", "application").get(
        id=case_id, card__application__applicant=viewer
    )


def own_letters(viewer: Account) -> QuerySet[Notice]:
    """What we told the holder, newest first; not what was meant for the family."""
    shown = Notice.objects.filter(card__application__applicant=viewer, channel=Channel.PAGE.value)
    return shown.select_related("card").order_by("-made_at", "-id")


def own_letter(viewer: Account, notice_id: int) -> Notice:
    """Raises `Notice.DoesNotExist`."""
    return own_letters(viewer).select_related("card", "card__organisation", "case").get(id=notice_id)


@dataclass(frozen=True)
class PastAct:
    """One line of the audit chain about the viewer's own card, in words for its holder."""

    act: str
    at: dt.datetime
    by_whom: str | Promise


def own_acts(viewer: Account, *, most: int = 20) -> list[PastAct]:
    """What happened to the viewer's cards, newest first; officers appear as such, not by name."""
    cards = list(own_cards(viewer).values_list("id", flat=True))
    cases = LifeCase.objects.filter(card__in=cards).values_list("id", flat=True)
    ids = [str(card_id) for card_id in cards]
    lines = AuditLine.objects.filter(
        Q(subject_kind="card", subject_id__in=ids)
        | Q(subject_kind="life-case", subject_id__in=[str(case_id) for case_id in cases])
    ).exclude(act__in=_NOT_TOLD)
    return [PastAct(line.act, line.at, _whom(line.by, viewer)) for line in lines.order_by("-sequence")[:most]]


def _whom(by: str, viewer: Account) -> str | Promise:
    if by == str(viewer.pk):
        return _("保有者ご本人")
    return _("システム") if by == "system" else _("担当者")


# --- the desk and the hot line ----------------------------------------------------------------------------------


def cards_found(viewer: Officer, words: str) -> QuerySet[Card]:
    """Cards within reach of the viewer's desk or duties, by printed number or name."""
    return cards_in_reach(viewer, DESKS, words=words)


def card_in_reach(viewer: Officer, card_id: UUID) -> Card:
    """Raises `Card.DoesNotExist`."""
    return cards_in_reach(viewer, DESKS).get(id=card_id)


def case_in_reach(viewer: Officer, case_id: UUID) -> LifeCase:
    """Raises `LifeCase.DoesNotExist`."""
    case = LifeCase.objects.select_related("card", "card__organisation", "application").get(id=case_id)
    if not cards_in_reach(viewer, DESKS).filter(id=case.card_id).exists():
        raise LifeCase.DoesNotExist
    return case


def open_cases(viewer: Officer, *, event: str = "", state: str = "") -> QuerySet[LifeCase]:
    """What is not finished within the viewer's reach, oldest first."""
    cases = LifeCase.objects.filter(state__in=OPEN).select_related("card", "organisation")
    held = frozenset[UUID]().union(*(viewer.organisations(duty) for duty in DESKS))
    if not held & centre_ids():
        cases = cases.filter(organisation__in=held)
    if event:
        cases = cases.filter(event=event)
    if state:
        cases = cases.filter(state=state)
    return cases.order_by("opened_at", "id")


def steps_of(case: LifeCase) -> QuerySet[LifeStep]:
    return case.steps.select_related("by").order_by("at", "id")


def open_proposal(case: LifeCase) -> Proposal | None:
    """Somebody has asked that the card goes on; another officer decides."""
    return Proposal.objects.filter(
        subject_kind="life-case", subject_id=str(case.id), state=Proposal.State.OPEN
    ).first()


def ending_cards(viewer: Officer, *, at: dt.datetime) -> QuerySet[CardTerm]:
    """Cards in use within the viewer's reach that end within the renewal window, the nearest first."""
    today = day_of(at)
    window = dt.timedelta(days=term("renewal-window-days", on=today))
    ends = CardTerm.objects.filter(
        effective_on__range=(today - window, today + window), card__state=Card.State.ACTIVE
    ).select_related("card", "card__organisation")
    held = frozenset[UUID]().union(*(viewer.organisations(duty) for duty in DESKS))
    if not held & centre_ids():
        ends = ends.filter(card__organisation__in=held)
    return ends.order_by("effective_on", "card__card_id")


# --- papers of an emergency issue that come later ------------------------------------------------------------------


def late_papers(case: LifeCase) -> list[str]:
    """The copies, by their part, that the holder handed in since and that nobody has taken in yet."""
    if case.event != LifeEvent.EMERGENCY or case.application is None or not case.is_open:
        return []
    awaited = [part.value for part, paper in PART_OF_PAPER if paper in case.awaited]
    return list(case.application.papers.filter(kind__in=awaited).values_list("kind", flat=True))


def papers_to_judge(case: LifeCase) -> list[str]:
    """The copies of an emergency whose papers are all there, for the second officer."""
    if case.application is None or not emergency_papers.is_complete(case):
        return []
    owed = [part.value for part, _paper in PART_OF_PAPER]
    return list(case.application.papers.filter(kind__in=owed).order_by("kind").values_list("kind", flat=True))


def closing_case(proposal_id: UUID) -> LifeCase | None:
    """The emergency that an open proposal would close."""
    found = Proposal.objects.filter(
        id=proposal_id, act=emergency_papers.CLOSE, state=Proposal.State.OPEN
    ).first()
    if found is None:
        return None
    cases = LifeCase.objects.select_related("card", "card__organisation", "application")
    return cases.get(id=UUID(found.subject_id))


def scans_late(case: LifeCase, viewer: Officer) -> bool:
    """May this officer scan them?  What began on paper has no applicant who could send them from home."""
    application = case.application
    if case.event != LifeEvent.EMERGENCY or application is None or not case.is_open:
        return False
    return entry_place(application, viewer) is not None


def without_copy(case: LifeCase, papers: Collection[LifePaper]) -> list[LifePaper]:
    """Those of these papers that an emergency owes as a copy, and of which none is here."""
    if case.event != LifeEvent.EMERGENCY:
        return []
    here = late_papers(case)
    return [
        paper
        for part, paper in PART_OF_PAPER
        if part is not Part.RESIDENCE and paper in papers and part.value not in here
    ]


def late_paper(case: LifeCase, part: str) -> ApplicationPaper | None:
    """One of them, still sealed."""
    if case.application is None or part not in late_papers(case):
        return None
    return case.application.papers.get(kind=part)


# --- what a new card asks for --------------------------------------------------------------------------------------


def papers_for(kind: CaseKind | None, *, on: dt.date) -> list[tuple[str | Promise, str | Promise]]:
    """What the application for a new card will ask for, and why; before any application is there."""
    if kind is None:
        return []
    facts = ApplicationFacts(state=State.DRAFT, applicant_id=None, kind=kind)
    return [(PART_WORDS[item.part], item.why) for item in checklist(facts, on)]


# --- the centre's pages -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DispositionAhead:
    """What the register was told and has not begun, or waits for a second officer."""

    id: UUID
    number: str
    word: str | Promise
    from_on: dt.date
    waits: bool


def dispositions_ahead(viewer: Officer) -> list[DispositionAhead]:
    """The nearest first, for the register's keepers at the centre."""
    if not at_centre(viewer, Duty.REGISTRY):
        return []
    rows = Disposition.objects.filter(begun_at__isnull=True, withdrawn_at__isnull=True)
    return [
        DispositionAhead(
            row.id, row.number, _DISPOSITION_WORDS[row.kind].label, row.from_on, row.awaits_second
        )
        for row in rows.order_by("from_on", "number")[:200]
        if row.kind in _DISPOSITION_WORDS
    ]


@dataclass(frozen=True)
class SunsetLine:
    """An algorithm, its last day, and how many cards in use lean on it beyond that day."""

    algorithm: str
    last_day: dt.date
    cards: int


def sunset_lines() -> list[SunsetLine]:
    """Three queries, however many cards."""
    living = CardTerm.objects.filter(card__state__in=[Card.State.ISSUED, Card.State.ACTIVE]).order_by()
    # A card that was ordered to end on that day anyway is not cut short.
    cut = living.filter(limit=Limit.ALGORITHM.value, natural_on__gt=F("effective_on"))
    counts = dict(cut.values_list("limit_algorithm").annotate(cards=Count("card_id")))
    return [
        SunsetLine(algorithm.value.upper(), day, counts.get(algorithm.value, 0))
        for algorithm, day in sorted(terms.sunset_days().items(), key=lambda pair: (pair[1], pair[0]))
    ]


@dataclass(frozen=True)
class ExchangeView:
    """A campaign as the centre sees it: prefecture × wave, and by month of the natural end."""

    rows: Sequence[tuple[str, int, int, tuple[int, ...]]]
    waves: Sequence[Wave]
    months: Mapping[dt.date, int]
    total: int
    told: int


def exchange_view(campaign: Campaign) -> ExchangeView:
    """A handful of queries: the counts come from the database, whatever the number of cards."""
    counts, told = affected_by_prefecture(campaign), told_by_prefecture(campaign)
    waves = list(campaign.waves.order_by("number"))
    names = dict(Organisation.objects.filter(kind=Organisation.Kind.ASSOCIATION).values_list("code", "name"))
    codes = sorted({*counts, *(code for wave in waves for code in wave.shares)})
    rows = [
        (
            names.get(code, code),
            counts.get(code, 0),
            told.get(code, 0),
            tuple(int(wave.shares.get(code, 0)) for wave in waves),
        )
        for code in codes
    ]
    return ExchangeView(rows, waves, affected_by_month(campaign), sum(counts.values()), sum(told.values()))
