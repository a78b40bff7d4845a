"""花子 at her own pages: her account, her card in force, and documents that wait for her."""

from dataclasses import dataclass
from pathlib import Path

from hpki_server.authority import ports, services
from hpki_server.authority.models import Card
from hpki_server.enrollment.models import Application
from hpki_server.people.models import Account
from hpki_server.signing import queue_queries
from hpki_server.signing.queue_models import SigningTask, TaskDocument
from hpki_server.signing.services.accepting import accept_signed
from hpki_server.signing.services.depositing import Deposit, deposit_own
from tests import cast
from tests.hpki_server.authority import stage
from tests.hpki_server.signing import queue_scene
from tests.hpki_server.signing.queue_scene import BEGAN, NOW, Person
from tests.signed_pdfs import letter


def hanako_at_home(*, stamps: bool = False) -> Person:
    """Her card was handed over on an application of her own account."""
    queue_scene.authority(stamps=stamps)
    person = queue_scene.person()
    _is_hers(person.card)
    return person


@dataclass(frozen=True)
class ChipCard:
    """Her card as a file, with what its owner knows: the words that `hpki sign` asks for are in files beside it."""

    file: Path
    passphrase: Path
    pin: Path

    def words(self) -> list[str]:
        """What a command needs that runs without anybody at the keyboard."""
        pins = ["--pin-file", str(self.pin), "--authentication-pin-file", str(self.pin), "--yes"]
        return ["--card", str(self.file), "--passphrase-file", str(self.passphrase), *pins]


def hanako_with_chip(folder: Path) -> ChipCard:
    """The same with a virtual card, personalised as at a desk."""
    queue_scene.authority(stamps=True)
    card = stage.ordered_card(at=BEGAN)
    tanaka = cast.officer(cast.TANAKA)
    services.personalise_card(card.id, by=tanaka, at=BEGAN)
    found = ChipCard(ports.virtual_card_path(card.card_id), folder / "passphrase", folder / "pin")
    found.pin.write_text(services.take_pins(card.id, by=tanaka, at=BEGAN).pin.reveal())
    found.passphrase.write_text(ports.card_secrets(card.card_id).file.reveal())
    Card.objects.filter(id=card.id).update(state="active", activated_at=BEGAN)
    _is_hers(card)
    return found


def _is_hers(card: Card) -> None:
    Application.objects.create(
        applicant=cast.account(cast.HANAKO),
        association=card.organisation,
        card=card,
        number=card.reference,
        state="active",
        vetted_by=cast.account(cast.SATO),
        approved_by=cast.account(cast.SUZUKI),
        state_since=NOW,
    )


def own(
    account: Account, octets: bytes | None = None, *, level: str = "B", name: str = "own.pdf"
) -> SigningTask:
    """A document that she uploaded."""
    what = Deposit(octets or letter(), name, "わたしの意見書", level)
    return deposit_own(what, by=account, at=NOW).task


def signed(task: SigningTask, who: Person) -> SigningTask:
    """She signed it with her card."""
    draft = queue_queries.document_of(task, TaskDocument.Kind.DRAFT) or b""
    return accept_signed(task.id, who.signs(draft), holders=who.holders, by=cast.account(cast.HANAKO), at=NOW)
