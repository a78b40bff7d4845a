"""Hanako's application, from draft to activated card: the same services that the pages call, by the same people."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping

from hpki.keys.secret import Secret
from hpki_server.authority.models import Card
from hpki_server.authority.services.pins import pins_of
from hpki_server.enrollment import printing
from hpki_server.enrollment.forms import Entries, IdentityClaim
from hpki_server.enrollment.identity_numbers import keyed_hash
from hpki_server.enrollment.models import Application, MemberKind, Sex
from hpki_server.enrollment.rules import (
    EntryField,
    IdentityKind,
    Letter,
    OriginalsSeen,
    PapersJudged,
    PickupShown,
    Posted,
    ShownNumber,
    State,
)
from hpki_server.enrollment.services import applying, deciding, issuing, pickup, posting
from hpki_server.enrollment.services.record import day_of
from hpki_server.people.japanese_dates import japanese_date
from hpki_server.portal.story import cast, sample_papers
from hpki_server.portal.story.portrait import portrait_jpeg
from hpki_server.portal.story.stage import Stage

BORN_ON = dt.date(1983, 6, 2)
REGISTERED_ON = dt.date(2008, 5, 1)
REGISTRATION_NUMBER = "464321"
MEMBER_ID = "0012345678"
ADDRESS = "岡山県岡山市北区表町1丁目2番3号"
IDENTITY = IdentityKind.DRIVING_LICENCE
IDENTITY_YEARS = 3
IDENTITY_NUMBER = "301234567890"
FORM, POSTCARD, LETTER = "1-application.pdf", "2-notice-postcard.pdf", "3-pin-letter.pdf"


def play(stage: Stage) -> None:
    """Step by step from wherever the application stands."""
    application = hanakos_application() or applying.start_application(
        by=cast.account_of(cast.HANAKO), at=stage.now()
    )
    while State(application.state) is not State.ACTIVE:
        before = application.state
        STEPS[State(before)](stage, application)
        application.refresh_from_db()
        if application.state == before:
            raise RuntimeError(f"the story does not go on from the state {before}")


def hanakos_application() -> Application | None:
    return Application.objects.filter(applicant__username=cast.HANAKO.username).first()


def hanakos_entries() -> Entries:
    return Entries(
        family_name="渡邉",
        given_name="花子",
        family_kana="ワタナベ",
        given_kana="ハナコ",
        family_romaji="Watanabe",
        given_romaji="Hanako",
        born_on=BORN_ON,
        sex=Sex.FEMALE,
        registration_number=REGISTRATION_NUMBER,
        registered_on=REGISTERED_ON,
        member_kind=MemberKind.MEMBER,
        member_id=MEMBER_ID,
        postal_code="700-0822",
        address=ADDRESS,
        phone="086-000-0002",
        association_id=cast.organisation_of(cast.OKAYAMA).id,
    )


def apply(stage: Stage, application: Application) -> None:
    hanako, entries = cast.account_of(cast.HANAKO), hanakos_entries()
    name = f"{entries.family_name}　{entries.given_name}"
    at = stage.now()
    applying.write_entries(
        application_id=application.id, typed=_typed(entries), entries=entries, by=hanako, at=at
    )
    applying.hand_in_photo(application_id=application.id, content=portrait_jpeg(), by=hanako, at=at)
    licence = sample_papers.licence_copy(name, REGISTRATION_NUMBER, japanese_date(REGISTERED_ON))
    applying.hand_in_licence(application_id=application.id, content=licence, by=hanako, at=at)
    applying.hand_in_identity(
        application_id=application.id,
        content=sample_papers.driving_licence_copy(name, ADDRESS),
        identity=IdentityClaim(IDENTITY, _in_term(at)),
        by=hanako,
        at=at,
    )
    submitted = applying.submit_application(application_id=application.id, by=hanako, at=stage.now())
    form = printing.application_form(submitted, at=stage.now())
    stage.tell(f"申請 submitted: {submitted.number}, {name}", [stage.write(FORM, form)])


def take_in(stage: Stage, application: Application) -> None:
    at = stage.now()
    originals = OriginalsSeen(
        residence_record=True,
        identity_kind=IDENTITY,
        identity_expires_on=_in_term(at),
        number=_shown_number(),
        met_applicant=True,
    )
    clerk = cast.officer_of(cast.TAKAHASHI, at=at)
    deciding.take_in(application_id=application.id, originals=originals, by=clerk, at=at)
    stage.tell(f"受付 taken in by {cast.TAKAHASHI.name} ({cast.OFFICES[cast.OKAYAMA].name})")


def vet(stage: Stage, application: Application) -> None:
    at = stage.now()
    judged = PapersJudged(
        photo_fits=True, licence_fits=True, identity_fits=True, fields=frozenset(EntryField)
    )
    officer = cast.officer_of(cast.SATO, at=at)
    deciding.record_vetting(application_id=application.id, papers=judged, by=officer, at=at)
    stage.tell(f"審査 vetted by {cast.SATO.name}: the register agrees in all four items")


def approve(stage: Stage, application: Application) -> None:
    at = stage.now()
    officer = cast.officer_of(cast.SUZUKI, at=at)
    deciding.approve_application(application_id=application.id, by=officer, at=at)
    stage.tell(f"承認 approved by a second officer, {cast.SUZUKI.name}")


def order(stage: Stage, application: Application) -> None:
    at = stage.now()
    issuing.order_card(application_id=application.id, by=cast.officer_of(cast.TANAKA, at=at), at=at)
    stage.tell(f"発注 card ordered: {card_of(application).card_id}")


def issue(stage: Stage, application: Application) -> None:
    """Keys are born on the card; the issuer signs; the certificates are written, read back and compared."""
    at = stage.now()
    officer = cast.officer_of(cast.TANAKA, at=at)
    issuing.issue_card(application_id=application.id, by=officer, at=at)
    stage.tell("発行 issued: three keys born on the card, three certificates written, read back, compared")


def post(stage: Stage, application: Application) -> None:
    at = stage.now()
    officer, card = cast.officer_of(cast.TANAKA, at=at), card_of(application)
    if application.pin_letter_printed_at is None:
        # The story signs with this card later, so it remembers what the letter tells; the authority forgets it.
        pins = pins_of(card, by="system", at=at)
        stage.notebook.keep("pin", pins.pin.reveal())
        stage.notebook.keep("puk", pins.puk.reveal())
        letter = issuing.print_pin_letter(application_id=application.id, by=officer, at=at)
        stage.write(LETTER, letter)
    postcard = issuing.print_postcard(application_id=application.id, by=officer, at=at)
    for kind in Letter:
        pile = posting.Pile(Posted(kind, day_of(at)), frozenset({application.id}))
        posting.record_posted(pile, by=officer, at=at)
    files = [stage.write(POSTCARD, postcard), stage.folder / LETTER]
    issuing.record_notified(application_id=application.id, by=officer, at=stage.now())
    stage.tell("通知 notice postcard and PIN letter printed and posted, each by itself", files)


def hand_over(stage: Stage, application: Application) -> None:
    at = stage.now()
    shown = PickupShown(
        in_person=True,
        postcard=True,
        identity_kind=IDENTITY,
        identity_expires_on=_in_term(at),
        number=_shown_number(),
    )
    clerk = cast.officer_of(cast.TAKAHASHI, at=at)
    pickup.hand_over_card(application_id=application.id, shown=shown, by=clerk, at=at)
    stage.tell("交付 handed over in person; the card's presence key answered the desk's challenge: active")


STEPS: Mapping[State, Callable[[Stage, Application], None]] = {
    State.DRAFT: apply,
    State.SUBMITTED: take_in,
    State.TAKEN_IN: vet,
    State.VETTED: approve,
    State.APPROVED: order,
    State.ORDERED: issue,
    State.ISSUED: post,
    State.NOTIFIED: hand_over,
}


def complete_papers(stage: Stage, application: Application) -> None:
    """A plug pulled between an act and its paper leaves the act without its file; it is printed again."""
    card, at, notebook = card_of(application), stage.now(), stage.notebook
    pin, puk = Secret(notebook.get("pin") or ""), Secret(notebook.get("puk") or "")
    printers: dict[str, Callable[[], bytes]] = {
        FORM: lambda: printing.application_form(application, at=at),
        POSTCARD: lambda: printing.notice_postcard(application, at=at),
        LETTER: lambda: printing.pin_letter(application, card, pin=pin, puk=puk, at=at),
    }
    for name, printed in printers.items():
        if not (stage.folder / name).exists():
            stage.write(name, printed())


def card_of(application: Application) -> Card:
    application.refresh_from_db()
    if application.card is None:
        raise RuntimeError("the application has no card yet")
    return application.card


def _shown_number() -> ShownNumber:
    """What the desk keeps of the number on Hanako's licence."""
    return ShownNumber(keyed_hash(IDENTITY, Secret(IDENTITY_NUMBER)))


def _in_term(at: dt.datetime) -> dt.date:
    return at.date() + dt.timedelta(days=365 * IDENTITY_YEARS)


def _typed(entries: Entries) -> dict[str, str]:
    """The entries as they stand in the form's fields."""
    typed = {name: str(value) for name, value in dataclasses.asdict(entries).items()}
    typed["association"] = typed.pop("association_id")
    return typed
