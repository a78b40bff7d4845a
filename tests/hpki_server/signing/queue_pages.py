"""花子 at her own pages: her account, her card in force, and documents that wait for her."""

from hpki_server.enrollment.models import Application
from hpki_server.people.models import Account
from hpki_server.signing import queue_queries
from hpki_server.signing.queue_models import SigningTask, TaskDocument
from hpki_server.signing.services.accepting import accept_signed
from hpki_server.signing.services.depositing import Deposit, deposit_own
from tests import cast
from tests.hpki_server.signing import queue_scene
from tests.hpki_server.signing.queue_scene import NOW, Person
from tests.signed_pdfs import letter


def hanako_at_home(*, stamps: bool = False) -> Person:
    """Her card was handed over on an application of her own account."""
    queue_scene.authority(stamps=stamps)
    person = queue_scene.person()
    account = cast.account(cast.HANAKO)
    Application.objects.create(
        applicant=account,
        association=person.card.organisation,
        card=person.card,
        number=person.card.reference,
        state="active",
        vetted_by=cast.account(cast.SATO),
        approved_by=cast.account(cast.SUZUKI),
        state_since=NOW,
    )
    return person


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
